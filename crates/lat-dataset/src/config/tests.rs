use std::path::{Path, PathBuf};

use likelihood_core::EnergyIntegration;

use super::*;
use lat_response::Frame;

fn parse(text: &str) -> Result<Config> {
    Config::parse(Path::new("/roi/config.yaml"), text)
}

fn message(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn an_ordinary_fermipy_configuration_is_understood() {
    let config = parse(
        "data: {evfile: ft1.lst, scfile: ft2.fits}
binning: {roiwidth: 10.0, binsz: 0.1, binsperdec: 8, coordsys: GAL}
selection: {emin: 100, emax: 1e5, zmax: 90, evclass: 128, evtype: 3, tmin: 239557414, tmax: 428903014, target: mkn421}
gtlike: {edisp: yes, edisp_bins: 0, irfs: P8R3_SOURCE_V3, edisp_disable: isodiff}
model: {src_roiwidth: 15.0, galdiff: $FERMI_DIFFUSE_DIR/gll_iem_v07.fits, isodiff: iso.txt, catalogs: [4FGL], diffuse_dir: [templates]}
fileio: {outdir: out}
optimizer: {optimizer: NEWMINUIT, tol: 1e-4}
roiopt: {max_free_sources: 3, skip: [galdiff], optimizer: {retries: 1}}
sed: {bin_index: 2.2}
plotting:
",
    )
    .unwrap();
    assert_eq!(config.center, Some(Center::Target("mkn421".into())));
    assert_eq!(config.outdir, Path::new("/roi/out"));
    let [component] = config.components.as_slice() else { panic!("one component") };
    let model = &component.model;
    assert_eq!(model.diffuse_dirs, [PathBuf::from("/roi/templates")]);
    assert_eq!((component.name.as_str(), component.emin, component.emax), ("00", Some(100.0), Some(1e5)));
    assert_eq!(component.coordsys, Some(Frame::Galactic));
    assert!(component.edisp.edisp && !component.edisp.is_on());
    assert_eq!(component.edisp.disable, ["isodiff"]);
    assert_eq!((component.response.name.as_deref(), component.response.event_types), (Some("P8R3_SOURCE_V3"), 3));
    assert_eq!(
        (config.optimizer.optimizer.as_str(), config.optimizer.tol, config.optimizer.retries),
        ("NEWMINUIT", 1e-4, 3)
    );
    assert_eq!(config.roiopt.optimizer, OptimizerConfig { retries: 1, ..config.optimizer.clone() });
    assert_eq!((config.roiopt.max_free_sources, config.roiopt.npred_frac), (3, 0.95));
    assert_eq!(config.roiopt.skip, ["galdiff"]);
    let notes = config.notes.join("\n");
    for word in ["'sed'", "'plotting'"] {
        assert!(notes.contains(word), "{word} in\n{notes}");
    }
    let events = &component.events;
    assert!(
        !events.evfile.is_empty() && !events.scfile.is_empty() && events.zmax.is_some() && events.evclass.is_some()
    );
    assert!(!notes.contains("emin"), "{notes}");
    assert_eq!((model.src_roiwidth, model.src_radius), (Some(15.0), None));
    assert_eq!(model.catalogs, ["4FGL"]);
    assert_eq!(model.isodiff, [Diffuse { name: None, file: "iso.txt".into() }]);
    assert_eq!(model.assoc_xmatch_columns, ["3FGL_Name"]);
    assert!(model.merge_sources && !model.is_empty());
}

#[test]
fn defaults_are_those_of_fermipy() {
    let config = parse("gtlike:\n").unwrap();
    assert_eq!(config.optimizer, OptimizerConfig::default());
    assert_eq!(config.roiopt, RoioptConfig::default());
    assert_eq!((config.center, config.outdir), (None, PathBuf::from("/roi")));
    assert!(config.components[0].edisp.is_on(), "energy dispersion is on unless switched off");
    assert_eq!(config.components[0].energy_integration, EnergyIntegration::LogTrapezoid);
    assert!(config.notes.is_empty());
}

#[test]
fn components_override_the_top_level_and_keep_their_names() {
    let config = parse(
        "selection: {emin: 100, emax: 1000, logemin: 2.5}
gtlike: {edisp: false}
files: {xml: model.xml, ccube: /data/c.fits}
components:
  - {selection: {evtype: 4}, files: {ccube: ccube_a.fits}}
  - {selection: {evtype: 8, emax: 500, logemin: null}, gtlike: {srcmap: maps.fits}}
",
    )
    .unwrap();
    let [a, b] = config.components.as_slice() else { panic!("two components") };
    assert_eq!((a.name.as_str(), b.name.as_str()), ("00", "01"));
    assert_eq!(a.emin, Some(10f64.powf(2.5)));
    assert_eq!((a.emax, b.emax), (Some(1000.0), Some(500.0)));
    assert_eq!(a.files.ccube.as_deref(), Some(Path::new("/roi/ccube_a.fits")));
    assert_eq!(b.files.ccube.as_deref(), Some(Path::new("/data/c.fits")), "absolute paths stay");
    assert_eq!(b.files.srcmap.as_deref(), Some(Path::new("/roi/maps.fits")));
    assert_eq!((&a.files.xml, &a.files.srcmap), (&b.files.xml, &None));

    let config = parse("components: {psf1: {gtlike: {edisp: false}}, psf0: }").unwrap();
    let names: Vec<_> = config.components.iter().map(|c| (c.name.as_str(), c.edisp.edisp)).collect();
    assert_eq!(names, [("psf0", true), ("psf1", false)]);
}

#[test]
fn unknown_keys_are_named_with_line_section_and_nearest() {
    let text = message("selection: {emin: 100}\ngtlike:\n  edsip: false\n");
    assert!(text.contains("line 3: unknown key 'edsip' in section 'gtlike'; did you mean 'edisp'?"), "{text}");
    let text = message("fielio: {outdir: x}");
    assert!(text.contains("line 1: unknown key 'fielio' in the top level; did you mean 'fileio'?"), "{text}");
    let text = message("selection: {binsz: 0.1}");
    assert!(text.contains("did you mean 'binning.binsz'?"), "{text}");
    let text = message("components: [{selection: {evtyp: 4}}]");
    assert!(text.contains("section 'components.00.selection'") && text.contains("'evtype'"), "{text}");
    let text = message("roiopt: {optimizer: {tolerance: 1}}");
    assert!(text.contains("'tolerance'") && text.contains("'tol'"), "{text}");
    assert!(message("components: [{optimizer: {tol: 1}}]").contains("move it to the top level"));
}

#[test]
fn values_of_the_wrong_kind_or_range_are_named() {
    for (text, words) in [
        ("selection: {emin: low}", "selection.emin is 'low', expected a number"),
        ("selection: {emin: -5}", "expected an energy above 0"),
        ("selection: {emin: .nan}", "not valid YAML"),
        ("selection: {emin: nan}", "expected a number"),
        ("selection: {emin: inf}", "expected an energy above 0"),
        ("selection: {logemin: -400}", "selection.logemin is -400, expected the logarithm of an energy"),
        ("selection: {logemax: 309}", "selection.logemax is 309, expected the logarithm of an energy"),
        ("selection: {logemin: inf}", "expected the logarithm of an energy"),
        ("selection: {emin: 100, emax: 100}", "above emin"),
        ("selection: {ra: 83}", "together with dec"),
        ("selection: {glat: 83}", "together with glon"),
        ("selection: {ra: 83, dec: 91}", "a direction in degrees"),
        ("gtlike: {edisp: maybe}", "gtlike.edisp is 'maybe', expected true or false"),
        ("gtlike: {edisp_bins: 1.5}", "a whole number"),
        ("gtlike: {energy_integration: exact}", "expected log-trapezoid or quadrature"),
        ("gtlike: {edisp_disable: {a: 1}}", "a list of texts"),
        ("binning: {coordsys: EQU}", "CEL or GAL"),
        ("optimizer: {tol: 0}", "a number above 0"),
        ("optimizer: {retries: 0}", "at least 1"),
        ("optimizer: {min_fit_quality: 4}", "0, 1, 2 or 3"),
        ("optimizer: {min_fit_quality: -1}", "0, 1, 2 or 3"),
        ("roiopt: {max_free_sources: -1}", "at least 1"),
        ("roiopt: {optimizer: MINUIT}", "a mapping"),
        ("files: {ccube: [a, b]}", "files.ccube is a list, expected text"),
        ("files: ccube.fits", "expected a mapping"),
        ("components: 3", "a list or mapping"),
        ("components: [3]", "components.00"),
        ("- a", "expected a mapping of sections"),
        ("", "expected a mapping of sections"),
        ("a: [", "not valid YAML"),
        ("selection: {emin: 1, emin: 2}", "stands twice"),
    ] {
        let found = message(text);
        assert!(found.contains(words) && found.contains("/roi/config.yaml"), "{text}: {found}");
    }
}

#[test]
fn what_would_change_the_numbers_and_is_not_done_is_refused() {
    assert!(parse("binning: {projtype: HPX}").is_ok() && parse("binning: {projtype: TSC}").is_err());
    assert!(parse("binning: {projtype: WCS}").is_ok());
}

#[test]
fn a_source_s_own_correction_of_the_exposure_stands_in_for_the_component_s() {
    let text = "gtlike: {expscale: 0.68}
components:
  - gtlike: {expscale: 0.32, src_expscale: {pulsar: 0.0, isodiff: 1}}
  - {}";
    let config = parse(text).unwrap();
    let of = |component: usize, name: &str| config.components[component].exposure.of(name);
    assert_eq!((of(0, "pulsar"), of(0, "isodiff"), of(0, "galdiff")), (Some(0.0), Some(1.0), Some(0.32)));
    assert_eq!(of(1, "pulsar"), Some(0.68));
    assert_eq!(parse("gtlike: {src_expscale: {}}").unwrap().components[0].exposure.of("pulsar"), None);
    for bad in
        ["{expscale: -1}", "{expscale: .inf}", "{src_expscale: 3}", "{src_expscale: {a: b}}", "{src_expscale: {a: -2}}"]
    {
        let error = message(&format!("gtlike: {bad}"));
        assert!(error.contains("expscale") && error.contains("line 1"), "{error}");
    }
}

#[test]
fn paths_take_environment_variables() {
    let text = message("fileio: {outdir: $(ROI_FIT_NO_SUCH_VARIABLE)/x}");
    assert!(text.contains("'ROI_FIT_NO_SUCH_VARIABLE' is not set"), "{text}");
}

#[test]
fn kinds_are_checked_and_converted_as_in_fermipy() {
    for (text, words) in [
        ("data: {cacheft1: maybe}", "data.cacheft1 is 'maybe', expected true or false"),
        ("ltcube: {binsz: [1]}", "ltcube.binsz is a list, expected a number"),
        ("mc: {seed: 1.5}", "mc.seed is 1.5, expected a whole number"),
        ("model: {catalogs: {a: b}}", "model.catalogs is a mapping, expected a list of texts"),
        ("model: {isodiff: true}", "model.isodiff is true, expected a list"),
        ("gtlike: {src_expscale: 3}", "gtlike.src_expscale is 3, expected a mapping"),
        ("components: [{selection: {zmax: high}}]", "components.00.selection.zmax is 'high'"),
        ("logging: {chater: 3}", "'chatter'"),
    ] {
        let found = message(text);
        assert!(found.contains(words), "{text}: {found}");
    }
    let config = parse(
        "selection: {emin: '100', target: 3}\ngtlike: {edisp_disable: iso, edisp_bins: '2'}\ndata: {evfile: null}",
    )
    .unwrap();
    assert_eq!((config.components[0].emin, config.components[0].edisp.bins), (Some(100.0), 2));
    assert_eq!(config.center, Some(Center::Target("3".into())));
}

#[test]
fn components_have_their_own_model() {
    let text = "model: {isodiff: a.txt, catalogs: [4FGL]}\ncomponents: [{model: {isodiff: b.txt}}, {}]";
    let config = parse(text).unwrap();
    let files: Vec<_> = config.components.iter().map(|c| c.model.isodiff[0].file.as_str()).collect();
    assert_eq!(files, ["b.txt", "a.txt"]);
    assert!(config.components.iter().all(|component| component.model.catalogs == ["4FGL"]));
    let width = |text: &str| parse(text).unwrap().components[0].model.src_roiwidth;
    assert_eq!(width("model: {src_radius_roi: 4}"), Some(8.0));
    assert_eq!(width("model: {src_radius_roi: 4, src_roiwidth: 3}"), Some(3.0));
}

#[test]
fn every_key_has_a_default_and_stands_on_the_page() {
    use super::reference::SECTIONS;
    let page = configuration_reference();
    for section in SECTIONS {
        let node = parse(&format!("{}: {{}}", section.name)).unwrap();
        assert!(page.contains(&format!("## `{}`", section.name)) && node.notes.is_empty());
        for key in section.keys {
            assert!(page.contains(&format!("| `{}` |", key.name)), "{}", key.name);
            // The default is of the key's own kind.
            let text = format!("{}: {{{}: {}}}", section.name, key.name, key.default());
            assert!(parse(&text).is_ok(), "{text}");
        }
    }
}

#[test]
fn response_functions_have_a_name_event_types_and_a_livetime_cube() {
    let of = |text: &str| parse(text).unwrap().components.remove(0);
    for (text, event_types) in [
        ("selection: {evtype: 56}", 56),
        ("selection: {convtype: 0}", 1),
        ("selection: {convtype: 1}", 2),
        ("selection: {convtype: -1}", 3),
        ("selection: {convtype: 0, evtype: 4}", 4),
        ("selection:", 3),
    ] {
        assert_eq!(of(text).response.event_types, event_types, "{text}");
    }
    // CALDB is what the LAT tools take for a request to find one.
    assert_eq!(of("gtlike: {irfs: CALDB}").response.name, None);
    let component = of("data: {ltcube: a.fits}\nfiles: {ltcube: b.fits, irfs: caldb}");
    let name = |path: Option<PathBuf>| path.unwrap().file_name().unwrap().to_owned();
    assert_eq!(name(component.response.livetime), "a.fits");
    assert_eq!((name(component.files.ltcube), name(component.files.irfs)), ("b.fits".into(), "caldb".into()));
}

#[test]
fn each_component_may_integrate_over_energy_in_its_own_way() {
    let text =
        "gtlike: {energy_integration: quadrature}\ncomponents: [{gtlike: {energy_integration: log-trapezoid}}, {}]";
    let rules = parse(text).unwrap().components.into_iter().map(|component| component.energy_integration);
    assert_eq!(rules.collect::<Vec<_>>(), [EnergyIntegration::LogTrapezoid, EnergyIntegration::Quadrature]);
}

#[test]
fn an_option_has_one_default_wherever_it_is_asked_for() {
    use super::reference::section;
    let config = parse("gtlike:\n").unwrap();
    let printed = serde_json::to_value(&config.resolved).unwrap();
    let tol = OptimizerConfig::TOL;
    assert_eq!(tol.default, optimizers::Options::default().tol);
    assert_eq!((config.optimizer.tol, printed["optimizer"]["tol"].as_f64()), (tol.default, Some(tol.default)));
    assert_eq!(printed["gtlike"]["minbinsz"].as_f64(), Some(config.components[0].minbinsz));
    assert_eq!(printed["roiopt"]["max_free_sources"].as_u64(), Some(5));
    assert_eq!(config.roiopt.max_free_sources, 5);
    assert!(configuration_reference().contains("| `tol` | a number above 0 | `0.001` | yes |"));
    let width = section("gtlike").and_then(|section| section.key("minbinsz")).unwrap();
    assert_eq!((width.unit, width.default().as_str()), (Some("degrees"), "0.05"));
    assert!(tol.help(", too").ends_with("the estimated distance to the minimum, too [config or 0.001]"));
    assert_eq!(RoioptConfig::SKIP.help(""), "Sources that are never fitted");
}

#[test]
fn what_a_definition_does_not_allow_is_refused_in_its_words() {
    for (text, words) in [
        ("roiopt: {npred_frac: 1.5}", "roiopt.npred_frac is 1.5, expected a fraction between 0 and 1"),
        ("roiopt: {npred_threshold: -1}", "expected 0 or a number above"),
        ("optimizer: {init_lambda: inf}", "expected 0 or a number above"),
        ("optimizer: {max_iter: 0}", "expected a whole number of at least 1"),
        ("gtlike: {rfactor: 0}", "expected a whole number of at least 1"),
        ("gtlike: {minbinsz: -0.1}", "expected 0 or a number above"),
    ] {
        let found = message(text);
        assert!(found.contains(words), "{text}: {found}");
    }
    let outside = OptimizerConfig::MIN_FIT_QUALITY.check(&4).unwrap_err();
    assert_eq!((outside.option, outside.expected), ("min_fit_quality", "0, 1, 2 or 3"));
    assert!(OptimizerConfig::TOL.check(&f64::NAN).is_err() && OptimizerConfig::TOL.check(&1e-9).is_ok());
}

#[test]
fn event_keys_have_fermipys_defaults_and_refuse_what_cannot_be() {
    let events = |text: &str| parse(text).map(|config| config.components[0].events.clone());
    let usual = events("gtlike:\n").unwrap();
    assert!(usual.cacheft1 && !usual.roicut && usual.evfile.is_empty() && usual.filter.is_none());
    let binning = &usual.binning;
    assert_eq!((binning.proj.as_str(), binning.roiwidth, binning.binsz, binning.binsperdec), ("AIT", 10.0, 0.1, 8.0));
    assert_eq!((binning.npix, binning.enumbins, binning.is_healpix, binning.hpx_order), (None, None, false, 10));
    assert_eq!((usual.ltcube.binsz, usual.ltcube.dcostheta, usual.ltcube.phibins), (1.0, 0.025, 0));
    let given = events("data: {evfile: [a.fits, b.fits], scfile: c.txt}\nselection: {roicut: 'yes', tmin: 1.5, tmax: 9}\nbinning: {npix: [40, 30]}").unwrap();
    assert_eq!((given.evfile.len(), given.scfile.len(), given.roicut), (2, 1, true));
    assert_eq!((given.tmin, given.tmax, given.binning.npix), (Some(1.5), Some(9.0), Some([40, 30])));
    for (text, words) in [
        ("selection: {tmin: 9, tmax: 9}", "tmax"),
        ("selection: {zmax: 200}", "180"),
        ("selection: {evclass: 0}", "evclass"),
        ("selection: {phasemin: 0.5, phasemax: 0.5}", "phasemin"),
        ("selection: {convtype: 2}", "-1, 0 or 1"),
        ("binning: {npix: [40, 0]}", "npix"),
        ("binning: {binsz: 0}", "binsz"),
        ("binning: {enumbins: 0}", "enumbins"),
        ("binning: {hpx_ebin: false}", "hpx_ebin"),
        ("ltcube: {dcostheta: -1}", "dcostheta"),
    ] {
        let message = events(text).unwrap_err().to_string();
        assert!(message.contains(words) && message.contains("line 1"), "{text}: {message}");
    }
}

#[test]
fn light_curves_have_fermipys_defaults_and_bins_as_edges_or_pairs() {
    let lightcurve = |text: &str| parse(text).unwrap().lightcurve;
    let defaults = lightcurve("lightcurve: {}\n");
    assert_eq!(defaults, LightcurveConfig::default());
    assert_eq!((defaults.binsz, defaults.nbins, defaults.shape_ts_threshold), (86400.0, None, 16.0));
    assert_eq!((defaults.max_free_sources, defaults.systematic), (5, 0.02));
    let edges = lightcurve("lightcurve: {time_bins: [1.5, 2, 4], nbins: 3, free_radius: 2, free_params: norm}\n");
    assert_eq!((edges.time_bins, edges.nbins), (vec![(1.5, 2.0), (2.0, 4.0)], Some(3)));
    assert_eq!((edges.free_radius, edges.free_params), (Some(2.0), vec!["norm".to_owned()]));
    assert_eq!(lightcurve("lightcurve: {time_bins: [[1, 2], [3, 4]]}\n").time_bins, [(1.0, 2.0), (3.0, 4.0)]);
    assert!(lightcurve("lightcurve: {time_bins: []}\n").time_bins.is_empty());
    for text in ["[1]", "[[1, 2], 3]", "[a, b]", "7"] {
        let told = message(&format!("lightcurve: {{time_bins: {text}}}\n"));
        assert!(told.contains("time_bins") && told.contains("pairs [begin, end]"), "{told}");
    }
    for text in ["systematic: -1", "binsz: 0", "nbins: 0", "ul_confidence: 0.4", "free_radius: -1"] {
        let told = message(&format!("lightcurve: {{{text}}}\n"));
        assert!(told.contains(text.split(':').next().unwrap()), "{told}");
    }
    let ignored = parse("lightcurve: {multithread: true, make_plots: true}\n").unwrap();
    assert!(ignored.notes.iter().any(|note| note.contains("multithread")));
}
