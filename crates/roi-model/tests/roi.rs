//! The region of interest: names, order of parameters, state, and what a selection picks.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use roi_model::{
    Error, Frame, Parameter, ParameterId, Pars, Prior, Roi, Selection, SkyDirection, Source, SourceType, SpatialKind,
    SpatialModel, Spectrum, normalized_name,
};

fn direction(ra: f64, dec: f64) -> SkyDirection {
    SkyDirection::new(ra, dec).unwrap()
}

fn point(name: &str, type_name: &str, ra: f64, dec: f64) -> Source {
    let spatial = SpatialModel::point(direction(ra, dec)).unwrap();
    Source::new(name, SourceType::Point, Spectrum::with_defaults(type_name).unwrap(), spatial).unwrap()
}

fn isotropic(name: &str) -> Source {
    let spectrum = Spectrum::with_defaults("ConstantValue").unwrap();
    Source::new(name, SourceType::Diffuse, spectrum, SpatialModel::isotropic().unwrap()).unwrap()
}

fn roi() -> Roi {
    let mut crab = point("4FGL J0534.5+2201", "LogParabola", 83.633, 22.014);
    crab.add_alias("Crab Nebula");
    let far = point("a", "PowerLaw", 83.633, 28.0);
    let mut geminga = point("PSR J0633", "PowerLaw2", 85.0, 20.0);
    geminga.add_alias("crabnebula 2");
    Roi::new(direction(83.0, 22.0), vec![isotropic("isodiff"), far, geminga, crab]).unwrap()
}

/// The first parameter of a source that a region with one more has.
fn of_a_larger_region(roi: &Roi) -> ParameterId {
    let mut larger = roi.clone();
    larger.add_source(isotropic("zzz")).unwrap();
    ParameterId { source: larger.id_of("zzz").unwrap(), parameter: 0 }
}

#[test]
fn ids_are_those_of_the_names_and_in_their_order() {
    let mut roi = roi();
    assert!(roi.ids().zip(roi.sources()).all(|(id, source)| roi.id_of(source.name()).unwrap() == id));
    assert_eq!(roi.ids().map(roi_model::SourceId::position).collect::<Vec<_>>(), [0, 1, 2, 3]);
    let id = roi.id_of("psr j0633").unwrap();
    roi[id].spectrum_mut().parameters_mut()[0].set_value(2.5).unwrap();
    assert_eq!(roi[id].name(), "PSR J0633");
    assert_eq!(roi.source("PSR J0633").unwrap().spectrum().parameters()[0].value(), 2.5);
}

#[test]
fn sources_are_in_byte_order_and_parameters_follow() {
    let roi = roi();
    let names: Vec<_> = roi.sources().iter().map(Source::name).collect();
    assert_eq!(names, ["4FGL J0534.5+2201", "PSR J0633", "a", "isodiff"]);
    let all: Vec<_> =
        roi.parameters().map(|(id, p)| (id.source.position(), id.parameter, p.name().to_owned())).collect();
    assert_eq!(all.len(), 4 + 4 + 3 + 1);
    assert_eq!(all[5], (1, 1, "Index".to_owned()));
    let free: Vec<_> = roi.free_parameters().iter().map(|&id| roi.parameter(id).unwrap().name().to_owned()).collect();
    assert_eq!(free, ["norm", "alpha", "beta", "Eb", "Integral", "Index", "Prefactor", "Index", "Value"]);
    let last = roi.ids().next_back().unwrap();
    let nowhere = ParameterId { source: last, parameter: 1 };
    assert!(matches!(roi.parameter(nowhere), Err(Error::Index { what: "parameter", index: 1, count: 1 })));
    assert!(matches!(roi.parameter(of_a_larger_region(&roi)), Err(Error::Index { what: "source", .. })));
}

#[test]
fn names_and_aliases_are_found() {
    let mut roi = roi();
    for name in ["4FGL J0534.5+2201", "4fglj0534.5+2201", "CRAB NEBULA", " crab nebula "] {
        assert_eq!(roi.source(name).unwrap().name(), "4FGL J0534.5+2201", "{name}");
    }
    match roi.source("4FGL J0534.5+2202") {
        Err(Error::UnknownSource { nearest, .. }) => assert_eq!(nearest[0], "4FGL J0534.5+2201"),
        other => assert!(other.is_err(), "an unknown name was found"),
    }
    roi.add_source(point("Crab nebula", "PowerLaw", 83.6, 22.0)).unwrap();
    assert_eq!(roi.source("Crab nebula").unwrap().name(), "Crab nebula", "an exact name wins");
    match roi.source("crabnebula") {
        Err(Error::AmbiguousSource { matches, .. }) => assert_eq!(matches, ["4FGL J0534.5+2201", "Crab nebula"]),
        other => assert!(other.is_err(), "an ambiguous name was found"),
    }
    assert_eq!(roi.id_of("Crab nebula").unwrap().position(), 1);
    assert!(matches!(roi.add_source(isotropic("isodiff")), Err(Error::DuplicateSource { .. })));
    assert_eq!(roi.remove_source("ISODIFF").unwrap().name(), "isodiff");
    assert!(roi.source("isodiff").is_err());
    let twice = vec![isotropic("iso"), isotropic("iso")];
    assert!(matches!(Roi::new(direction(0.0, 0.0), twice), Err(Error::DuplicateSource { .. })));
}

#[test]
fn free_values_are_set_all_or_none() {
    let mut roi = roi();
    roi.source_mut("a").unwrap().spectrum_mut().parameter_mut("Index").unwrap().set_bounds(-5.0, 0.0).unwrap();
    let before = roi.free_values();
    let values: Vec<f64> = before.iter().map(|v| v * 1.25).collect();
    roi.set_free_values(&values).unwrap();
    assert_eq!(roi.free_values(), values);
    let mut bad = before.clone();
    bad[7] = 1.0;
    let error = roi.set_free_values(&bad).unwrap_err().to_string();
    assert!(error.contains("\"a\"") && error.contains("Index"), "{error}");
    assert_eq!(roi.free_values(), values, "nothing changed");
    assert!(matches!(roi.set_free_values(&before[1..]), Err(Error::Length { expected: 9, found: 8, .. })));
}

#[test]
fn a_state_restores_everything() {
    let mut roi = roi();
    let state = roi.state();
    for source in roi.sources_mut() {
        for p in source.spectrum_mut().parameters_mut() {
            p.set_value(p.value() * 1.1).unwrap();
            p.rescale(0.3).unwrap();
            p.set_free(!p.is_free());
            p.set_error(0.7).unwrap();
        }
    }
    let bounds = &mut roi.sources_mut()[0].spectrum_mut().parameters_mut()[0];
    bounds.set_bounds(-1e9, 1e9).unwrap();
    assert_ne!(roi.state(), state);
    roi.restore(&state).unwrap();
    assert_eq!(roi.state(), state);
    let fresh = self::roi();
    let both = roi.parameters().zip(fresh.parameters());
    assert!(both.into_iter().all(|((_, a), (_, b))| a == b && a.value().to_bits() == b.value().to_bits()));
    roi.remove_source("a").unwrap();
    assert!(matches!(roi.restore(&state), Err(Error::StateMismatch { .. })));
    roi.add_source(point("a", "PowerLaw2", 83.0, 22.0)).unwrap();
    assert!(matches!(roi.restore(&state), Err(Error::StateMismatch { .. })));
}

#[test]
fn priors_add_up_over_all_parameters() {
    let mut roi = roi();
    assert_eq!(roi.ln_prior(), 0.0);
    for (source, parameter, free) in [("a", "Index", true), ("isodiff", "Value", false)] {
        let p = roi.source_mut(source).unwrap().spectrum_mut().parameter_mut(parameter).unwrap();
        p.set_prior(Some(Prior::gaussian(p.value() - 1.0, 0.5).unwrap()));
        p.set_free(free);
    }
    assert_eq!(roi.ln_prior(), -4.0);
}

#[test]
fn selections() {
    let roi = roi();
    let nan = f64::NAN;
    let picked = |selection: &Selection, ts: f64, npred: f64| -> Vec<String> {
        let chosen = roi.sources().iter().filter(|s| selection.matches(&roi, s, ts, npred));
        chosen.map(|s| s.name().to_owned()).collect()
    };
    assert_eq!(picked(&Selection::all(), nan, nan).len(), 4);
    assert_eq!(picked(&Selection::within(3.0), nan, nan), ["4FGL J0534.5+2201", "PSR J0633", "isodiff"]);
    // The distance itself is excluded.
    let exact = roi.center().separation(&roi.source("Crab Nebula").unwrap().direction().unwrap());
    assert_eq!(picked(&Selection::within(exact), nan, nan), ["isodiff"]);
    assert_eq!(picked(&Selection::within(0.1).around(direction(83.633, 28.0)), nan, nan), ["a", "isodiff"]);
    // A square reaches farther in its corners.
    let corner = Selection::within(2.1);
    assert_eq!(picked(&corner, nan, nan), ["4FGL J0534.5+2201", "isodiff"]);
    assert_eq!(
        picked(&corner.clone().square(Frame::Celestial), nan, nan),
        ["4FGL J0534.5+2201", "PSR J0633", "isodiff"]
    );
    let south = Selection::within(1.0).around(direction(83.633, 21.014)).square(Frame::Celestial);
    let (x, y) =
        south.skydir.unwrap().aitoff_offset(&roi.source("Crab Nebula").unwrap().direction().unwrap(), Frame::Celestial);
    let edge = south.with_distance(x.abs().max(y.abs()));
    assert_eq!(picked(&edge, nan, nan), ["isodiff"]);
    // A map is near only once its centre is known to be.
    let mut roi = roi.clone();
    let map = SpatialModel::map("w44.fits").unwrap();
    roi.add_source(Source::new("w", SourceType::Diffuse, Spectrum::with_defaults("PowerLaw").unwrap(), map).unwrap())
        .unwrap();
    assert!(Selection::within(1.0).matches(&roi, roi.source("w").unwrap(), nan, nan));
    roi.source_mut("w").unwrap().set_center(direction(90.0, 22.0));
    assert!(!Selection::within(1.0).matches(&roi, roi.source("w").unwrap(), nan, nan));
    assert!(Selection::within(8.0).matches(&roi, roi.source("w").unwrap(), nan, nan));
    roi.remove_source("w").unwrap();
    let picked = |selection: &Selection, ts: f64, npred: f64| -> Vec<String> {
        let chosen = roi.sources().iter().filter(|s| selection.matches(&roi, s, ts, npred));
        chosen.map(|s| s.name().to_owned()).collect()
    };
    // Bounds include their ends; NaN fails any finite bound.
    assert_eq!(picked(&Selection::all().min_ts(25.0), 25.0, nan).len(), 4);
    assert_eq!(picked(&Selection::all().min_ts(25.0), 24.9, nan).len(), 0);
    assert_eq!(picked(&Selection::all().max_ts(25.0), 25.0, nan).len(), 4);
    assert_eq!(picked(&Selection::all().max_ts(25.0), nan, nan).len(), 0);
    assert_eq!(picked(&Selection::all().min_npred(10.0).max_npred(100.0), nan, 100.0).len(), 4);
    assert_eq!(picked(&Selection::all().min_npred(10.0).max_npred(100.0), nan, 9.0).len(), 0);
    assert_eq!(picked(&Selection::all().min_npred(10.0), 30.0, nan).len(), 0);
    assert_eq!(picked(&Selection::all().exclude("a").exclude("ISODIFF"), nan, nan).len(), 3);
}

#[test]
fn parameters_by_kind() {
    let names = |spectrum: &Spectrum, pars: &str| -> Vec<String> {
        let indices = pars.parse::<Pars>().unwrap().indices(spectrum);
        indices.iter().map(|&i| spectrum.parameters()[i].name().to_owned()).collect()
    };
    let cutoff = Spectrum::with_defaults("PLSuperExpCutoff4").unwrap();
    assert_eq!(names(&cutoff, "norm"), ["Prefactor"]);
    assert_eq!(names(&cutoff, "shape"), ["IndexS", "ExpfactorS"]);
    assert_eq!(names(&cutoff, " all "), ["Prefactor", "IndexS", "ExpfactorS"]);
    assert_eq!(names(&cutoff, "Index2,Prefactor,Nonsense,Index2"), ["Prefactor", "Index2"]);
    assert_eq!(cutoff.index_indices(), [1, 4]);
    let constant = Spectrum::with_defaults("ConstantValue").unwrap();
    assert_eq!((names(&constant, "shape").len(), names(&constant, "all").len()), (0, 1));
    assert!("".parse::<Pars>().is_err() && "a,,b".parse::<Pars>().is_err());
}

#[test]
fn limits_of_an_integral_cannot_be_freed() {
    let mut spectrum = Spectrum::with_defaults("PowerLaw2").unwrap();
    let limit = spectrum.parameter_mut("LowerLimit").unwrap();
    assert!(limit.is_always_fixed());
    limit.set_free(true);
    assert!(!limit.is_free());
    limit.set_value(200.0).unwrap();
    assert_eq!(limit.value(), 200.0);
}

#[test]
fn a_source_needs_the_spatial_model_of_its_type() {
    let spectrum = || Spectrum::with_defaults("PowerLaw").unwrap();
    let point = SpatialModel::point(direction(1.0, 2.0)).unwrap();
    assert!(Source::new("x", SourceType::Diffuse, spectrum(), point.clone()).is_err());
    assert!(Source::new("x", SourceType::Point, spectrum(), SpatialModel::isotropic().unwrap()).is_err());
    assert!(Source::new(" ", SourceType::Point, spectrum(), point).is_err());
    let parameter = |name: &str| Parameter::new(name, 1.0).unwrap();
    let disk =
        |names: &[&str]| SpatialModel::new(SpatialKind::Disk, names.iter().map(|n| parameter(n)).collect(), None);
    assert_eq!(disk(&["Radius", "DEC", "RA"]).unwrap().parameters()[2].name(), "Radius");
    assert!(matches!(disk(&["DEC", "RA"]), Err(Error::MissingParameter { .. })));
    assert!(matches!(disk(&["DEC", "RA", "Radius", "Sigma"]), Err(Error::UnknownParameter { .. })));
    assert!(matches!(disk(&["DEC", "RA", "Radius", "RA"]), Err(Error::DuplicateParameter { .. })));
    assert!(matches!(SpatialModel::map(""), Err(Error::File { .. })));
}

#[test]
fn names_are_compared_without_case_and_blanks_and_a_parameter_is_written_with_its_source() {
    for name in ["4FGL J0534.5+2200", "4fglj0534.5+2200", "\t4FGL  J0534.5 +2200\u{a0}"] {
        assert_eq!(normalized_name(name), "4fglj0534.5+2200");
    }
    let roi = roi();
    for (id, parameter) in roi.parameters() {
        let name = roi.parameter_name(id).unwrap();
        assert_eq!((name.source, name.parameter), (roi[id.source].name(), parameter.name()));
        assert_eq!(name.to_string(), format!("{}:{}", name.source, name.parameter));
    }
    assert!(matches!(roi.parameter_name(of_a_larger_region(&roi)), Err(Error::Index { what: "source", .. })));
}
