//! A configuration as it was understood: every default filled in, every path whole.

use std::path::Path;

use serde_json::{Value, json};

use super::settings::Config;
use crate::error::Result;

/// Reads a configuration and returns what it says in the end, in fermipy's sections, each component with its overrides applied.
///
/// # Errors
/// As [`Config::read`].
pub fn resolved_config(path: &Path) -> Result<Value> {
    let config = Config::read(path)?;
    let mut resolved = json!(config.resolved);
    set(&mut resolved, "config", json!(config.path));
    set(&mut resolved, "notes", json!(config.notes));
    set(&mut resolved["fileio"], "outdir", json!(config.outdir));
    let sections = [
        ("optimizer", json!(config.optimizer)),
        ("roiopt", json!(config.roiopt)),
        ("lightcurve", json!(config.lightcurve)),
    ];
    for (section, value) in sections {
        set(&mut resolved, section, value);
    }
    for (index, component) in config.components.iter().enumerate() {
        let place = &mut resolved["components"][index];
        set(place, "files", json!(component.files));
        set(&mut place["selection"], "emin", json!(component.emin));
        set(&mut place["selection"], "emax", json!(component.emax));
        set(&mut place["model"], "diffuse_dir", json!(component.model.diffuse_dirs));
    }
    Ok(resolved)
}

fn set(place: &mut Value, key: &str, value: Value) {
    if let Some(map) = place.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}
