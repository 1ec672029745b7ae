//! A configuration as it was understood: every default filled in, every path whole.

use std::collections::BTreeMap;
use std::path::Path;

use lat_io::config::{Center, ComponentConfig};
use lat_io::{Config, Frame};
use serde_json::{Value, json};

use crate::error::Result;

/// Reads a configuration and returns what it says in the end, in fermipy's sections, each component with its overrides applied.
///
/// # Errors
/// As [`lat_io::Config::read`].
pub fn resolved_config(path: &Path) -> Result<Value> {
    let config = Config::read(path)?;
    let center = match &config.center {
        None => Value::Null,
        Some(Center::Target(target)) => json!({ "target": target }),
        Some(Center::Direction(direction)) => json!({ "ra": direction.ra(), "dec": direction.dec() }),
    };
    Ok(json!({
        "config": config.path,
        "fileio": { "outdir": config.outdir },
        "center": center,
        "optimizer": config.optimizer,
        "roiopt": config.roiopt,
        "model": { "diffuse_dir": config.diffuse_dirs },
        "components": config.components.iter().map(component).collect::<Vec<_>>(),
        "notes": config.notes,
    }))
}

fn component(component: &ComponentConfig) -> Value {
    let files = &component.files;
    let coordsys = component.coordsys.map(|frame| match frame {
        Frame::Celestial => "CEL",
        Frame::Galactic => "GAL",
    });
    json!({
        "name": component.name,
        "selection": { "emin": component.emin, "emax": component.emax },
        "binning": { "coordsys": coordsys },
        "gtlike": {
            "edisp": component.edisp.edisp,
            "edisp_bins": component.edisp.bins,
            "edisp_disable": component.edisp.disable,
            "expscale": component.exposure.all,
            "src_expscale": component.exposure.sources.iter().cloned().collect::<BTreeMap<_, _>>(),
        },
        "files": {
            "ccube": files.ccube,
            "srcmap": files.srcmap,
            "bexpmap": files.bexpmap,
            "psf": files.psf,
            "drm": files.drm,
            "wmap": files.wmap,
            "xml": files.xml,
        },
    })
}
