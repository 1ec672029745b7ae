//! The likelihood weights of a component: those of a map, or those that its source map file holds.

use likelihood_core::LikelihoodWeights;

use crate::error::{Error, Result};
use crate::products::Products;
use lat_io::{CountsCubeFile, SourceMapFile};

/// By how much, of their mean, the weights of a source map file may differ from those of the map that is named and still count as made from it:
/// gtsrcmaps interpolates a little differently.
const SAME_WEIGHTS: f64 = 0.01;

/// The likelihood weights, if they are asked for. Those of the source map file are what gtlike takes; but where they are not those of the map that
/// the configuration names, that map is meant. Where that map cannot be read, those of the source map file are taken.
pub(super) fn weights(
    products: &Products,
    file: Option<&SourceMapFile>,
    counts: &CountsCubeFile,
    notes: &mut Vec<String>,
) -> Result<Option<LikelihoodWeights>> {
    let Some(path) = &products.wmap else { return Ok(None) };
    let stored = file.map(|file| Ok::<_, Error>((file.path(), file.read_weights()?))).transpose()?;
    let stored = stored.and_then(|(file, stored)| Some((file, stored?)));
    let read = || {
        if lat_io::may_exist(path) {
            return Ok(lat_io::read_weights(path, counts)?);
        }
        Err(Error::NotFound { path: path.clone() })
    };
    let Some((file, stored)) = stored else {
        let read = read()?;
        notes.extend(read.notes);
        return Ok(Some(read.weights));
    };
    let read = match read() {
        Ok(read) => read,
        Err(error) => {
            notes.push(format!(
                "the likelihood weights are those of '{}', as the map that is named (wmap) cannot be read: {error}",
                file.display()
            ));
            return Ok(Some(stored));
        }
    };
    let of = |weights: &LikelihoodWeights| weights.values().iter().map(|&w| f64::from(w)).sum::<f64>();
    let pairs = stored.values().iter().zip(read.weights.values());
    let difference: f64 = pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b)).abs()).sum();
    if difference <= SAME_WEIGHTS * of(&stored).max(of(&read.weights)) {
        notes.push(format!("the likelihood weights are those of '{}'", file.display()));
        return Ok(Some(stored));
    }
    notes.push(format!(
        "the likelihood weights are those of '{}'; '{}' holds others, which gtlike would take",
        path.display(),
        file.display()
    ));
    notes.extend(read.notes);
    Ok(Some(read.weights))
}
