//! The components of a map: which energies of each take part, and which of their pixels lie under the map's.

use std::ops::Range;

use lat_response::SkyGrid;
use roi_fit::{Analysis, ComponentCubes, TrialMaker};

use crate::error::{Error, Result};

/// The pixels that maps are made on: those of the component with the finest.
pub(crate) fn finest(cubes: &[ComponentCubes]) -> Result<&SkyGrid> {
    let size = |grid: &SkyGrid| grid.solid_angle(grid.n_pixels() / 2);
    let mut best: Option<&SkyGrid> = None;
    for cube in cubes {
        let grid = &cube.counts().grid;
        // Of equals the first.
        if best.is_none_or(|best| size(grid) < 0.999 * size(best)) {
            best = Some(grid);
        }
    }
    best.ok_or(Error::Likelihood(likelihood_core::Error::NoComponents))
}

/// What makes the maps of a test source for each component.
pub(crate) fn makers_of<'a>(analysis: &'a Analysis, cubes: &[ComponentCubes]) -> Result<&'a [TrialMaker]> {
    let makers = analysis.trial_makers();
    if makers.len() == cubes.len() {
        return Ok(makers);
    }
    Err(Error::NoMakers { components: cubes.len(), found: makers.len() })
}

/// Lowest and highest energy, log10 of MeV, either of which may be open.
pub(crate) type LogEnergies = [Option<f64>; 2];

/// The energy bins of each component that lie between two energies, each snapped to the nearest edge, and that the analysis evaluates.
///
/// # Errors
/// [`Error::Option`] when none does.
pub(crate) fn bins(cubes: &[ComponentCubes], [low, high]: LogEnergies) -> Result<Vec<Range<usize>>> {
    let refuse = |found: String| Error::Option {
        option: "loge_bounds",
        found,
        expected: "two energies, log10 of MeV, the first below the second, with energy bins of the analysis between them",
    };
    if low.zip(high).is_some_and(|(low, high)| low >= high) || low.into_iter().chain(high).any(|e| !e.is_finite()) {
        return Err(refuse(format!("{low:?}, {high:?}")));
    }
    let of = |cube: &ComponentCubes| {
        let edges = cube.counts().cube.axis().edges();
        let nearest = |loge: f64| {
            let distance = |edge: &f64| (edge.log10() - loge).abs();
            (0..edges.len()).min_by(|&a, &b| distance(&edges[a]).total_cmp(&distance(&edges[b])))
        };
        let own = cube.bins();
        let first = low.and_then(nearest).unwrap_or(own.start).max(own.start);
        let end = high.and_then(nearest).unwrap_or(own.end).min(own.end);
        first..end.max(first)
    };
    let bins: Vec<Range<usize>> = cubes.iter().map(of).collect();
    if bins.iter().all(Range::is_empty) {
        return Err(refuse(format!("{low:?}, {high:?}")));
    }
    Ok(bins)
}

/// For each pixel of a map the pixel of a component under its centre; `None` where the component has none.
pub(crate) fn pixels_under(map: &SkyGrid, component: &SkyGrid) -> Vec<Option<usize>> {
    if map == component {
        return (0..map.n_pixels()).map(Some).collect();
    }
    (0..map.n_pixels()).map(|pixel| component.pixel(&map.direction(pixel)?)).collect()
}
