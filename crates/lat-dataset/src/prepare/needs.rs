//! Which components have products that are made from event files.

use crate::config::{ComponentConfig, Config};
use crate::error::Result;
use crate::products::candidates;
use lat_io::SourceMapFile;

/// Whether a fit of this configuration rests on products of [`crate::prepare`]: event files are named, and each component's counts were made here
/// or are not there yet. Counts of another program are taken as they are.
///
/// # Errors
/// When a product that is there cannot be read.
pub fn prepares_events(config: &Config) -> Result<bool> {
    for component in &config.components {
        if !is_prepared(config, component)? {
            return Ok(false);
        }
    }
    Ok(!config.components.is_empty())
}

fn is_prepared(config: &Config, component: &ComponentConfig) -> Result<bool> {
    if component.events.evfile.is_empty() || component.files.ccube.is_some() {
        return Ok(false);
    }
    let present = |product: &str| lat_io::first_found(candidates(&config.outdir, product, &component.name, "fits"));
    if let Some(ccube) = present("ccube") {
        return Ok(lat_io::read_inputs(&ccube)?.is_some());
    }
    // The counts of a source map file of another program are counts, too.
    match component.files.srcmap.clone().or_else(|| present("srcmap")) {
        Some(srcmap) if lat_io::may_exist(&srcmap) => {
            let file = SourceMapFile::open(&srcmap)?;
            Ok(!file.names().is_empty() && file.names().iter().all(|name| file.inputs(name).is_some()))
        }
        _ => Ok(true),
    }
}
