//! A source as the maps of time bins need it.

use std::sync::OnceLock;

use lat_response::{Exposure, SourceMapBuilder};
use likelihood_core::SourceMap;
use ndarray::ArrayView2;
use roi_model::{Source, SpatialKind};

use super::bin_response::BinResponse;
use super::opening::{Opening, Whole};
use crate::component::assemble::Component;
use crate::config::SliceMaps;
use crate::error::Result;

/// A source of the region.
pub(super) struct SliceSource {
    /// As the region has it.
    pub(super) shared: Source,
    /// As the component has it; `None` where it lacks the source.
    pub(super) own: Option<Source>,
    /// The number of the place that tells its PSF.
    pub(super) place: usize,
    /// The part of its photons at each plane, by model and exposure of the whole time.
    pub(super) photons: Vec<f64>,
    /// The part of the photons of each plane that the PSF of the whole time carries to other pixels: 1 for a point, and little for what is smooth.
    pub(super) spread: Vec<f64>,
    /// Whether no file holds its map of the whole time.
    is_unmade: bool,
    whole: OnceLock<SourceMap>,
}

impl SliceSource {
    /// All sources of the region.
    pub(super) fn all(
        of: &Opening<'_>,
        component: &Component,
        (whole, bin): (&Whole, Option<&BinResponse>),
    ) -> Result<Vec<Self>> {
        let unmade = component.unmade(of.sources)?;
        let edges = component.counts.cube.axis().edges().len();
        let one = |source: &Source| {
            let is_absent = component.model.is_absent(source.name());
            let own = if is_absent { None } else { Some(component.maker.own(&component.model.source(source)?)) };
            // The middle of the counts, which comes first, is the place of all that is no point.
            let place = match source.direction().filter(|_| source.spatial().kind() == SpatialKind::Point) {
                Some(direction) => bin.and_then(|bin| bin.by_inclination.pixels().pixel(&direction)),
                None => None,
            };
            let photons = photons(own.as_ref().unwrap_or(source), &whole.exposure, (whole.builder.energies(), edges));
            let mut made = Self {
                shared: source.clone(),
                own,
                place: place.unwrap_or(0),
                spread: vec![1.0; photons.len()],
                photons,
                is_unmade: of.made_here.contains(source.name()) || unmade.iter().any(|own| own.name() == source.name()),
                whole: OnceLock::new(),
            };
            if of.options.source_maps != SliceMaps::Exact && !made.is_at_a_place() && !made.is_composite() {
                made.spread = made.spread(component, &whole.builder)?;
            }
            Ok(made)
        };
        of.sources.iter().map(one).collect()
    }

    /// Whether the ratio of exposures is that at its place; otherwise it is taken pixel by pixel.
    pub(super) fn is_at_a_place(&self) -> bool {
        let kind = self.shared.spatial().kind();
        matches!(kind, SpatialKind::Point | SpatialKind::Disk | SpatialKind::Gaussian) && !self.is_composite()
    }

    /// Whether its map is a sum of those of others, whose exposures differ.
    pub(super) fn is_composite(&self) -> bool {
        !self.shared.members().is_empty()
    }

    /// The part of its photons that the PSF of the whole time carries to other pixels, a number a plane: half the sum of the differences of its map with and
    /// without PSF.
    fn spread(&self, component: &Component, builder: &SourceMapBuilder) -> Result<Vec<f64>> {
        let Some(own) = &self.own else { return Ok(self.spread.clone()) };
        let mut sharp = own.clone();
        sharp.set_apply_psf(false);
        let templates = &component.maker.templates;
        let [sharp, wide] = [&sharp, own].map(|source| builder.source_map(source, templates));
        let (sharp, wide) = (sharp?, wide?);
        let extra = builder.energies().len().saturating_sub(wide.n_planes()) / 2;
        let of_plane = |(sharp, wide): (ArrayView2<'_, f32>, ArrayView2<'_, f32>)| {
            let pairs = sharp.iter().zip(wide);
            let moved: f64 = pairs.map(|(a, b)| f64::from((a - b).abs())).sum();
            let all: f64 = wide.iter().map(|value| f64::from(*value)).sum();
            if all > 0.0 { (0.5 * moved / all).min(1.0) } else { 1.0 }
        };
        let planes = sharp.planes().outer_iter().zip(wide.planes().outer_iter()).map(of_plane);
        // Planes that it has not are those that its energies need not.
        Ok(std::iter::repeat_n(1.0, extra).chain(planes).chain(std::iter::repeat_n(1.0, extra)).collect())
    }

    /// Its map of the whole time as the likelihood takes it, read or made when it is first asked for.
    pub(super) fn whole_map(&self, component: &Component, builder: &SourceMapBuilder) -> Result<&SourceMap> {
        if let Some(map) = self.whole.get() {
            return Ok(map);
        }
        let made = match &self.own {
            Some(own) if self.is_unmade => Some(builder.source_map(own, &component.maker.templates)?),
            _ => None,
        };
        // Made twice where two threads come at once: the same both times.
        let map = component.source_map(&self.shared, made)?;
        Ok(self.whole.get_or_init(|| map))
    }
}

/// A source, or the members of a composite one.
pub(super) fn members(source: &Source) -> &[Source] {
    if source.members().is_empty() { std::slice::from_ref(source) } else { source.members() }
}

/// The part of a source's photons at each plane: spectrum times energy times exposure at the edges of the counts. Equal parts of a spectrum that cannot
/// be evaluated or is zero.
fn photons(source: &Source, exposure: &Exposure, (energies, edges): (&[f64], usize)) -> Vec<f64> {
    let extra = energies.len().saturating_sub(edges) / 2;
    let inner = energies.get(extra..extra + edges).unwrap_or(energies);
    let mut values = vec![0.0; inner.len()];
    let direction = source.direction();
    if source.spectrum().evaluate(inner, &mut values).is_err() {
        values.fill(0.0);
    }
    for (value, &energy) in values.iter_mut().zip(inner) {
        let plane = exposure.plane_of(energy).ok();
        let at = plane.and_then(|plane| match direction {
            Some(direction) => exposure.value(plane, &direction),
            None => exposure.cube().plane(plane).map(mean),
        });
        *value *= energy * at.unwrap_or(0.0);
    }
    let total: f64 = values.iter().sum();
    let mut parts = vec![0.0; energies.len()];
    for (part, value) in parts.iter_mut().skip(extra).zip(&values) {
        *part = if total > 0.0 && total.is_finite() { value / total } else { 1.0 / values.len().max(1) as f64 };
    }
    parts
}

fn mean(plane: &[f32]) -> f64 {
    plane.iter().map(|value| f64::from(*value)).sum::<f64>() / plane.len().max(1) as f64
}
