//! Everything that a configuration names, found, read and checked against each other.

mod open;
mod report;

use std::path::Path;

use roi_model::Roi;

pub use report::{
    ComponentReport, Computed, CountsSummary, FoundFile, ModelSummary, PlannedMap, PlannedMaps, Reason, Report,
};

use crate::component::Component;
use crate::config::{ComponentConfig, Config, Files};
use crate::error::Result;
use crate::load::{Parts, put_together};
use crate::problems::{Problems, Subject};

/// Finds everything that a configuration names, reads it, checks it against each other, and tells what a fit would make and how large that is. All
/// problems are gathered: one does not hide the next, but for what cannot be told without the thing that is missing. Nothing is made or written.
///
/// What [`load()`](crate::load()) refuses is a problem here; so is what would be refused only later, when source maps are made: a damaged
/// exposure or template, for example.
///
/// ```no_run
/// let report = lat_dataset::check("config.yaml".as_ref());
/// for problem in &report.problems {
///     println!("{}", problem.error);
/// }
/// for component in &report.components {
///     let to_make = component.maps.as_ref().map_or(0, |maps| maps.to_make.len());
///     println!("{}: {to_make} source maps to make", component.name);
/// }
/// ```
pub fn check(config_path: &Path) -> Report {
    let mut problems = Problems::all();
    let config = Config::read_with(config_path, &mut problems);
    let config = problems.gather(&Subject::Configuration, config).flatten();
    let mut report = Report {
        config: config_path.to_owned(),
        problems: Vec::new(),
        notes: Vec::new(),
        model: None,
        components: Vec::new(),
    };
    if let Some(config) = config {
        let parts = put_together(&config, &mut problems, &mut |_| ());
        if let Some(parts) = problems.gather(&Subject::Configuration, parts) {
            report.model = parts.roi.as_ref().map(summary);
            report.components = components(&config, &parts, &mut problems);
            report.notes = [config.notes, parts.notes].concat();
        }
    }
    report.problems = problems.into_found();
    report
}

fn summary(roi: &Roi) -> ModelSummary {
    let (ra, dec) = (roi.center().ra(), roi.center().dec());
    ModelSummary { sources: roi.sources().len(), free_parameters: roi.free_parameters().len(), ra, dec }
}

fn components(config: &Config, parts: &Parts, problems: &mut Problems) -> Vec<ComponentReport> {
    let of = |((settings, files), component): ((&ComponentConfig, &Files), &Option<Component>)| {
        let mut report = ComponentReport {
            name: settings.name.clone(),
            files: open::files(settings, files, problems),
            counts: component.as_ref().map(counts),
            maps: None,
            computed: Vec::new(),
        };
        if let (Some(component), Some(roi)) = (component, &parts.roi) {
            report.files.extend(open::templates(component, roi, problems));
            let planned = planned(config, component, roi, problems);
            let about = Subject::component(&component.name);
            report.maps = problems.gather(&about, planned);
            let is_made = report.maps.as_ref().is_some_and(|maps| !maps.to_make.is_empty());
            report.computed = computed(settings, component, is_made);
        }
        report
    };
    config.components.iter().zip(&parts.files).zip(&parts.components).map(of).collect()
}

fn counts(component: &Component) -> CountsSummary {
    let cube = &component.counts.cube;
    let edges = cube.axis().edges();
    CountsSummary {
        total: cube.total(),
        energy_bins: cube.axis().n_bins(),
        emin: edges.first().copied().unwrap_or(f64::NAN),
        emax: edges.last().copied().unwrap_or(f64::NAN),
        pixels: component.counts.grid.n_pixels(),
    }
}

/// The maps that would be made; whether they can be is looked at, too.
fn planned(config: &Config, component: &Component, roi: &Roi, problems: &mut Problems) -> Result<PlannedMaps> {
    let sources = roi.sources();
    let unmade = component.unmade(sources)?;
    let about = Subject::component(&component.name);
    if !unmade.is_empty() && component.maker.can_make() {
        problems.gather(&about, component.maker.verify(&component.counts));
    }
    let pixels = component.counts.grid.n_pixels();
    let bytes = |planes: usize| (size_of::<f32>() * planes * pixels) as u64;
    let to_make: Vec<PlannedMap> = unmade
        .iter()
        .map(|source| {
            let is_there = component.source_maps.as_ref().is_some_and(|file| file.contains(source.name()));
            let planes = component.planes_to_make(source);
            PlannedMap {
                source: source.name().to_owned(),
                reason: if is_there { Reason::Stale } else { Reason::Missing },
                planes,
                bytes: bytes(planes),
            }
        })
        .collect();
    let is_kept = |name: &str| !component.model.is_absent(name) && !unmade.iter().any(|source| source.name() == name);
    let kept = sources.iter().filter(|source| is_kept(source.name()));
    let kept_bytes: u64 = kept.clone().map(|source| bytes(component.n_planes(source))).sum();
    let memory = component.making(&unmade)?.bytes(rayon::current_num_threads());
    Ok(PlannedMaps {
        kept: kept.count(),
        file: match component.map_place(config) {
            crate::component::MapPlace::Ours(path) if !to_make.is_empty() => Some(path),
            _ => None,
        },
        bytes: kept_bytes + to_make.iter().map(|map| map.bytes).sum::<u64>(),
        memory: memory as u64,
        seconds: component.seconds_to_make(&unmade, rayon::current_num_threads()),
        to_make,
    })
}

fn computed(settings: &ComponentConfig, component: &Component, makes_maps: bool) -> Vec<Computed> {
    let [exposure, psf] = component.maker.computes();
    let is_there = component.maker.instrument.is_there();
    let all = [
        (exposure && makes_maps, Computed::Exposure),
        (psf && makes_maps, Computed::Psf),
        (settings.edisp.is_on() && component.products.drm.is_none(), Computed::EnergyDispersion),
    ];
    all.into_iter().filter(|(is_needed, _)| is_there && *is_needed).map(|(_, what)| what).collect()
}
