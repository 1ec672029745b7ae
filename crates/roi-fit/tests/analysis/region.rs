//! A small simulated region for the tests of this crate.

use likelihood_core::{ComponentData, Data, SourceMap};
use roi_fit::Analysis;
use roi_model::{Roi, Source};
use roi_simulate::{SimulatedRoi, SimulationOptions, simulate};

/// The region's starting model and its maps, to be changed before the likelihood is built.
pub(crate) struct Parts {
    pub(crate) start: Roi,
    pub(crate) maps: Vec<(String, SourceMap)>,
}

impl Parts {
    /// Adds a copy of a source, of its own name but with the same map.
    pub(crate) fn duplicate(&mut self, name: &str, copy: &str) {
        let source = self.start.source(name).unwrap();
        let twin =
            Source::new(copy, source.source_type(), source.spectrum().clone(), source.spatial().clone()).unwrap();
        self.start.add_source(twin).unwrap();
        let map = self.maps.iter().find(|(n, _)| n == name).unwrap().1.clone();
        self.maps.push((copy.to_owned(), map));
    }
}

/// A region of 30 x 30 pixels, 8 energy bins and 4 point sources. `change` may add sources; the norms of those it names are freed.
pub(crate) fn small_region(change: impl FnOnce(&mut Parts) -> Vec<String>) -> (Roi, Data) {
    let options = SimulationOptions::default().with_sources(4).with_npix(30).with_ebins(8);
    let SimulatedRoi { start, components, .. } = simulate(&options).unwrap();
    let component = components.into_iter().next().unwrap();
    let maps = component.source_maps(&start).map(|item| item.map(|(source, map)| (source.name().to_owned(), map)));
    let maps = maps.collect::<Result<_, _>>().unwrap();
    let mut parts = Parts { start, maps };
    let freed = change(&mut parts);
    let mut likelihood = ComponentData::new("00", &component.counts.cube);
    for (name, map) in &parts.maps {
        likelihood.add_source_map(name, map).unwrap();
    }
    for name in freed {
        let spectrum = parts.start.source_mut(&name).unwrap().spectrum_mut();
        let norm = spectrum.norm_index().unwrap();
        spectrum.parameters_mut()[norm].set_free(true);
    }
    (parts.start, Data::new(vec![likelihood]).unwrap())
}

/// The small region as simulated.
pub(crate) fn analysis() -> Analysis {
    let (roi, likelihood) = small_region(|_| Vec::new());
    analysis_with(roi, likelihood)
}

/// An analysis of these.
pub(crate) fn analysis_with(roi: Roi, likelihood: Data) -> Analysis {
    Analysis::new(roi, likelihood).unwrap()
}
