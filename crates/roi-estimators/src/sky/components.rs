//! The components of a map: which energies of each take part, and which of their pixels lie under the map's.

use std::ops::Range;

use lat_response::SkyGrid;
use likelihood_core::{ComponentData, SourceMap};
use ndarray::Array3;
use roi_fit::{Analysis, ComponentCubes, TrialMaker};
use roi_model::{Roi, Source};

use crate::error::{Error, Result};

/// A component's data, and what makes the maps of a test source for it.
#[derive(Clone, Copy)]
pub(crate) struct SkyComponent<'a> {
    pub(crate) data: &'a ComponentData,
    pub(crate) maker: &'a TrialMaker,
}

impl<'a> SkyComponent<'a> {
    /// The components of an analysis.
    ///
    /// # Errors
    /// [`Error::NoMakers`].
    pub(crate) fn all(analysis: &'a Analysis) -> Result<Vec<Self>> {
        Self::of(analysis.likelihood().components(), analysis.trial_makers())
    }

    /// Components, and what makes the maps of a test source for each.
    ///
    /// # Errors
    /// [`Error::NoMakers`].
    pub(crate) fn of(all: &'a [ComponentData], makers: &'a [TrialMaker]) -> Result<Vec<Self>> {
        if makers.len() != all.len() {
            return Err(Error::NoMakers { components: all.len(), found: makers.len() });
        }
        Ok(all.iter().zip(makers).map(|(data, maker)| Self { data, maker }).collect())
    }

    /// Its pixels.
    pub(crate) fn grid(&self) -> &'a SkyGrid {
        self.maker.grid()
    }

    /// Predicted counts `[energy bin, y, x]` of a source that the component need not have.
    pub(crate) fn predicted(&self, source: &Source, map: &SourceMap) -> Result<Array3<f64>> {
        let mut data = self.data.clone();
        data.add_source_map(source.name(), map)?;
        Ok(data.model_map(source, map)?)
    }
}

/// The sources of a region but some, given by name or alias.
///
/// # Errors
/// When there is no such source.
pub(crate) fn sources_without<'a>(roi: &'a Roi, exclude: &[String]) -> Result<Vec<&'a Source>> {
    let left_out = exclude.iter().map(|name| roi.id_of(name)).collect::<roi_model::Result<Vec<_>>>()?;
    Ok(roi.ids().filter(|id| !left_out.contains(id)).map(|id| &roi[id]).collect())
}

/// The pixels that maps are made on: the finest of the components'.
pub(crate) fn finest<'a>(grids: impl Iterator<Item = &'a SkyGrid>) -> Result<&'a SkyGrid> {
    let size = |grid: &SkyGrid| grid.solid_angle(grid.n_pixels() / 2);
    let mut best: Option<&SkyGrid> = None;
    for grid in grids {
        // Of equals the first.
        if best.is_none_or(|best| size(grid) < 0.999 * size(best)) {
            best = Some(grid);
        }
    }
    best.ok_or(Error::Likelihood(likelihood_core::Error::NoComponents))
}

/// Lowest and highest energy, log10 of MeV, either of which may be open.
pub(crate) type LogEnergies = [Option<f64>; 2];

/// The energy bins of each component that lie between two energies, each snapped to the nearest edge, and that the analysis evaluates.
///
/// # Errors
/// [`Error::Option`] when none does.
pub(crate) fn bins(components: &[ComponentData], [low, high]: LogEnergies) -> Result<Vec<Range<usize>>> {
    let refuse = |found: String| Error::Option {
        option: "loge_bounds",
        found,
        expected: "two energies, log10 of MeV, the first below the second, with energy bins of the analysis between them",
    };
    if low.zip(high).is_some_and(|(low, high)| low >= high) || low.into_iter().chain(high).any(|e| !e.is_finite()) {
        return Err(refuse(words([low, high])));
    }
    let of = |component: &ComponentData| {
        let edges = component.axis().edges();
        let nearest = |loge: f64| {
            let distance = |edge: &f64| (edge.log10() - loge).abs();
            (0..edges.len()).min_by(|&a, &b| distance(&edges[a]).total_cmp(&distance(&edges[b])))
        };
        let own = component.bins();
        let first = low.and_then(nearest).unwrap_or(own.start).max(own.start);
        let end = high.and_then(nearest).unwrap_or(own.end).min(own.end);
        first..end.max(first)
    };
    let bins: Vec<Range<usize>> = components.iter().map(of).collect();
    if bins.iter().all(Range::is_empty) {
        return Err(refuse(words([low, high])));
    }
    Ok(bins)
}

/// Two energies in words.
fn words(bounds: LogEnergies) -> String {
    bounds.map(|bound| bound.map_or_else(|| "open".to_owned(), |bound| bound.to_string())).join(", ")
}

/// For each pixel of a map the pixel of a component under its centre; `None` where the component has none.
pub(crate) fn pixels_under(map: &SkyGrid, component: &SkyGrid) -> Vec<Option<usize>> {
    if map == component {
        return (0..map.n_pixels()).map(Some).collect();
    }
    (0..map.n_pixels()).map(|pixel| component.pixel(&map.direction(pixel)?)).collect()
}

/// Refuses counts where the model predicts none: nothing can be told of them.
///
/// # Errors
/// [`Error::Unmodelled`].
pub(crate) fn check_modelled(cubes: &ComponentCubes, bins: &Range<usize>) -> Result<()> {
    let (counts, edges) = (cubes.counts().cube.counts(), cubes.counts().cube.axis().edges());
    for ((energy, y, x), &n) in counts.indexed_iter().filter(|((energy, _, _), n)| bins.contains(energy) && **n > 0.0) {
        let model = cubes.model()[[energy, y, x]];
        if model <= 0.0 {
            let (component, energy) = (cubes.name().to_owned(), edges[energy]);
            return Err(Error::Unmodelled { component, energy, x, y, counts: f64::from(n), model });
        }
    }
    Ok(())
}
