//! Small regions, and the region of the recorded answers.

#![allow(dead_code, reason = "no test uses all of it")]

use likelihood_core::{ComponentData, CountsCube, Data, SourceMap};
use ndarray::Array3;
use roi_fit::{Analysis, FitOptions, Quiet, Session};
use roi_model::{Source, SpatialModel};
use roi_simulate::{SimulatedRoi, SimulationOptions, simulate};
use serde_json::Value;

fn simulated() -> SimulatedRoi {
    simulate(&SimulationOptions::default().with_sources(3).with_npix(30).with_ebins(6)).unwrap()
}

/// A region at its maximum.
pub(crate) fn fitted_region() -> Session {
    let simulated = simulated();
    let data = simulated.likelihood().unwrap();
    let mut session = Session::new(simulated.start, data);
    let options = FitOptions::default().with_optimizer("NEWTON".into()).with_update(false);
    let fit = roi_fit::fit(&mut session, &options, &mut Quiet).unwrap();
    assert!(fit.fit_success, "{}", fit.message);
    session
}

/// The name of a source that has a position.
pub(crate) fn point_source(session: &Session) -> String {
    let source = session.roi().sources().iter().find(|source| source.direction().is_some()).unwrap();
    source.name().to_owned()
}

/// The region as it was simulated, only that nothing was observed. Nothing is free.
pub(crate) fn empty_region() -> Session {
    region(|_, _| {}, |counts| counts.fill(0.0))
}

/// The region with one more source, `unseen`, whose map is empty.
pub(crate) fn unseen_region() -> Session {
    let add = |roi: &mut roi_model::Roi, maps: &mut Vec<(String, SourceMap)>| {
        let like = roi.sources().iter().find(|source| source.direction().is_some()).unwrap();
        let at = SpatialModel::point(like.direction().unwrap()).unwrap();
        let source = Source::new("unseen", like.source_type(), like.spectrum().clone(), at).unwrap();
        let shape = maps[0].1.planes().dim();
        maps.push(("unseen".into(), SourceMap::new(Array3::zeros(shape)).unwrap()));
        roi.add_source(source).unwrap();
    };
    region(add, |_| {})
}

fn region(
    change: impl FnOnce(&mut roi_model::Roi, &mut Vec<(String, SourceMap)>),
    observe: impl FnOnce(&mut Array3<f32>),
) -> Session {
    let SimulatedRoi { start: mut roi, components, .. } = simulated();
    let component = components.into_iter().next().unwrap();
    let maps = component.source_maps(&roi).map(|item| item.map(|(source, map)| (source.name().to_owned(), map)));
    let mut maps = maps.collect::<Result<Vec<_>, _>>().unwrap();
    change(&mut roi, &mut maps);
    let mut counts = component.counts.cube.counts().clone();
    observe(&mut counts);
    let cube = CountsCube::new(component.counts.cube.axis().clone(), counts).unwrap();
    let mut data = ComponentData::new("00", &cube);
    for (name, map) in &maps {
        data.add_source_map(name, map).unwrap();
    }
    for model in roi.sources_mut() {
        model.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    }
    Session::new(roi, Data::new(vec![data]).unwrap())
}

/// The region of the recorded answers, its free parameters as they were, with the energy dispersion of a configuration; nothing where there is no such
/// data.
pub(crate) fn recorded_analysis(config: &str) -> Option<Analysis> {
    let folder = fixtures::real_data("fermitools-roi")?;
    let mut analysis = Analysis::open(folder.join(config)).unwrap();
    analysis.roi_mut().set_free_values(&numbers(&recorded("fit_minuit_10.json")["values"])).unwrap();
    Some(analysis)
}

/// The same with the PSF computed from livetime and response functions, as fermipy did: its table on file has too few energies for maps of
/// other places. The folder is that of the configuration.
pub(crate) fn recorded_analysis_with_response() -> Option<(tempfile::TempDir, Analysis)> {
    let (data, irfs) = (fixtures::real_data("fermitools-roi")?, fixtures::real_data("irfs-p8r3-source-v3")?);
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(data.join("config_edisp0.yaml")).unwrap();
    let files = text.find("files:").unwrap();
    let path = |name: &str| std::fs::canonicalize(data.join(name)).unwrap().display().to_string();
    let named =
        ["ccube", "srcmap", "bexpmap", "ltcube"].map(|key| format!("{key}: {}", path(&format!("{key}.fits.gz"))));
    let irfs = std::fs::canonicalize(irfs).unwrap().display().to_string();
    let section = format!("files: {{{}, irfs: {irfs}, xml: {}}}\n", named.join(", "), path("model_start.xml"));
    let config = folder.path().join("config.yaml");
    std::fs::write(&config, format!("{}{section}", &text[..files])).unwrap();
    let mut analysis = Analysis::open(config).unwrap();
    analysis.roi_mut().set_free_values(&numbers(&recorded("fit_minuit_10.json")["values"])).unwrap();
    Some((folder, analysis))
}

/// The session without energy dispersion.
pub(crate) fn recorded_region() -> Option<Session> {
    Some(recorded_analysis("config_edisp0.yaml")?.session().clone())
}

/// A recorded answer.
pub(crate) fn recorded(file: &str) -> Value {
    let path = fixtures::real_data("fermitools-roi").unwrap().join("fermipy").join(file);
    // Python's NaN is no JSON.
    let text = std::fs::read_to_string(path).unwrap().replace("NaN", "null").replace("-Infinity", "null");
    serde_json::from_str(&text).unwrap()
}

/// A list of a recorded answer; what is no number is NaN.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect()
}
