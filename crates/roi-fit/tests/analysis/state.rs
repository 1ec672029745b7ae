//! A saved analysis comes back as it was.

use roi_fit::{Analysis, Error, FitOptions, Pars, SimulateOptions};
use roi_model::Prior;
use roi_simulate::{SimulationOptions, simulate};

use crate::region::analysis;

#[test]
fn load_after_write_gives_the_same_likelihood_and_the_same_next_fit() {
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("result.fits");
    let mut saved = analysis();
    let name = saved.roi().sources().iter().find(|s| s.spatial().is_point()).unwrap().name().to_owned();
    saved.fit(&FitOptions::default()).unwrap();
    saved.set_parameter_prior(&name, "Index", Some(Prior::gaussian(2.0, 0.3).unwrap())).unwrap();
    saved.free_source(&name, true, &Pars::All).unwrap();
    let last = saved.roi().sources().last().unwrap().name().to_owned();
    saved.lock_source(&last, true).unwrap();
    saved.roi_mut().source_mut(&name).unwrap().add_alias("an alias");
    saved.zero_source(&name).unwrap();
    saved.write_roi(&prefix).unwrap();
    let mut files: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, ["result.fits", "result.json", "result_00.xml", "result_00_priors.yaml"]);

    let mut loaded = analysis();
    loaded.load_roi(&prefix).unwrap();
    assert_eq!(loaded.roi().state(), saved.roi().state());
    assert_eq!(loaded.all_properties().unwrap(), saved.all_properties().unwrap());
    assert!(saved.all_properties().unwrap().values().any(|p| p.scan.is_some() && p.model_flux.is_some()));
    assert_eq!(loaded.roi().source("an alias").unwrap().name(), name);
    for analysis in [&mut saved, &mut loaded] {
        analysis.unzero_source(&name).unwrap();
        analysis.free_source(&name, true, &Pars::All).unwrap();
    }
    assert_eq!(loaded.roi().state(), saved.roi().state());
    assert!(loaded.locked_parameters().eq(saved.locked_parameters()));
    assert_eq!(loaded.loglike().unwrap().to_bits(), saved.loglike().unwrap().to_bits());
    let (a, b) = (saved.fit(&FitOptions::default()).unwrap(), loaded.fit(&FitOptions::default()).unwrap());
    assert!(a.fit_success);
    assert_eq!((a.values, a.errors, a.covariance, a.loglike), (b.values, b.errors, b.covariance, b.loglike));
    assert_eq!(a.sources, b.sources);
}

#[test]
fn a_file_that_does_not_belong_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("result");
    let mut analysis = analysis();
    analysis.write_roi(&prefix).unwrap();
    let json = directory.path().join("result.json");
    let text = std::fs::read_to_string(&json).unwrap();
    let before = analysis.roi().state();
    for (from, to, word) in [
        ("\"format\": 2", "\"format\": 9", "format 9"),
        ("\"galdiff\"", "\"elsewhere\"", "elsewhere"),
        ("\"PowerLaw\"", "\"LogParabola\"", "LogParabola"),
        ("{", "", "saved analysis"),
    ] {
        // Only the state is read back; what stands before it is for people.
        let (before_state, state) = text.split_at(if from == "{" { 0 } else { text.find("\"state\"").unwrap() });
        assert!(state.contains(from), "{from}");
        std::fs::write(&json, format!("{before_state}{}", state.replacen(from, to, 1))).unwrap();
        let error = analysis.load_roi(&prefix).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains("result.json"), "{error}");
        assert_eq!(analysis.roi().state(), before);
    }
    assert!(analysis.load_roi(directory.path().join("nothing")).unwrap_err().to_string().contains("nothing.json"));
}

#[test]
fn a_save_that_fails_leaves_the_state_before_it() {
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("result");
    let mut analysis = analysis();
    analysis.write_roi(&prefix).unwrap();
    let old = analysis.roi().state();
    let bytes = std::fs::read(directory.path().join("result.json")).unwrap();
    // The tables cannot take the place of a directory.
    std::fs::remove_file(directory.path().join("result.fits")).unwrap();
    std::fs::create_dir_all(directory.path().join("result.fits/full")).unwrap();
    analysis.fit(&FitOptions::default()).unwrap();
    let error = analysis.write_roi(&prefix).unwrap_err().to_string();
    assert!(error.contains("result.fits"), "{error}");
    assert_eq!(std::fs::read(directory.path().join("result.json")).unwrap(), bytes);
    let mut names: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["result.fits", "result.json", "result_00.xml"], "no temporary file stays");
    analysis.load_roi(&prefix).unwrap();
    assert_eq!(analysis.roi().state(), old);
}

#[test]
fn two_that_save_at_once_do_not_mix_their_files() {
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("result");
    let mut both = ["the first", "the second"].map(|title| {
        let mut analysis = analysis();
        analysis.roi_mut().set_title(title);
        analysis
    });
    for _ in 0..20 {
        std::thread::scope(|scope| {
            for analysis in &mut both {
                scope.spawn(|| analysis.write_roi(&prefix).unwrap());
            }
        });
        let read = |file: &str| std::fs::read_to_string(directory.path().join(file)).unwrap();
        let of = |text: String| ["the first", "the second"].map(|title| text.contains(title));
        let (json, xml) = (of(read("result.json")), of(read("result_00.xml")));
        assert!(json == xml && json[0] != json[1], "{json:?} {xml:?}");
    }
}

#[test]
fn a_model_file_replaces_the_model_and_keeps_what_it_cannot_hold() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model.xml");
    let mut analysis = analysis();
    analysis.fit(&FitOptions::default()).unwrap();
    let name = analysis.roi().sources().iter().find(|s| s.spatial().is_point()).unwrap().name().to_owned();
    let loglike = analysis.loglike().unwrap();
    let (fitted, free) = (analysis.roi().state(), analysis.free_vector());
    // The isotropic spectrum is a table, which lies nowhere here; the file is written without that source.
    analysis.write_xml(&path).unwrap();
    let refused = analysis.load_xml(&path).unwrap_err().to_string();
    assert!(refused.contains("model.xml"), "{refused}");
    assert_eq!(analysis.roi().state(), fitted);
    assert_eq!(analysis.loglike().unwrap().to_bits(), loglike.to_bits());

    analysis.delete_source("isodiff").unwrap();
    analysis.write_xml(&path).unwrap();
    let expected = (analysis.loglike().unwrap().to_bits(), analysis.roi().state(), analysis.free_vector());
    let prior = Prior::gaussian(1.0, 0.1).unwrap();
    let norm = analysis.roi().source(&name).unwrap().spectrum().parameters()[0].name().to_owned();
    analysis.roi_mut().source_mut(&name).unwrap().add_alias("an alias");
    analysis.lock_parameter(&name, &norm, true).unwrap();
    analysis.fix_all().unwrap();
    analysis.set_parameter(&name, &norm, 0.5).unwrap();
    analysis.load_model(&path).unwrap();
    assert!(analysis.properties(&name).unwrap().ts.is_none());
    assert_eq!(analysis.roi().source("an alias").unwrap().name(), name);
    // Locked parameters stay fixed, whatever the file says.
    let position = analysis.params(false).iter().position(|p| p.src_name == name && p.par_name == norm).unwrap();
    assert!(free.len() > analysis.free_vector().len() && !analysis.free_vector()[position] && expected.2[position]);
    assert_eq!(analysis.loglike().unwrap().to_bits(), expected.0);
    analysis.lock_parameter(&name, &norm, false).unwrap();
    analysis.load_model(&path).unwrap();
    assert_eq!(analysis.roi().state(), expected.1);
    analysis.set_parameter_prior(&name, &norm, Some(prior)).unwrap();
    analysis.load_model(&path).unwrap();
    let kept = analysis.roi().source(&name).unwrap().spectrum().parameter(&norm).unwrap().prior().copied();
    assert_eq!(kept, Some(prior));
}

/// What was made in memory has nothing to make maps of another place from.
#[test]
fn a_model_whose_sources_are_elsewhere_is_refused_and_priors_beside_it_are_taken() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model.xml");
    let mut analysis = analysis();
    analysis.delete_source("isodiff").unwrap();
    let name = analysis.roi().sources().iter().find(|s| s.spatial().is_point()).unwrap().name().to_owned();
    let norm = analysis.roi().source(&name).unwrap().spectrum().parameters()[0].name().to_owned();
    let value = analysis.roi().source(&name).unwrap().spectrum().parameters()[0].value();
    analysis.add_gauss_prior(&name, &norm, value, 0.1 * value).unwrap();
    analysis.write_xml(&path).unwrap();
    analysis.remove_priors();
    analysis.load_xml(&path).unwrap();
    assert!(analysis.roi().source(&name).unwrap().spectrum().parameters()[0].prior().is_some(), "the file beside it");

    let before = analysis.roi().state();
    let text = std::fs::read_to_string(&path).unwrap();
    let place = text.find("name=\"RA\"").unwrap();
    let at = text[place..].find("value=\"").unwrap() + place + "value=\"".len();
    let moved = format!("{}1{}", &text[..at], &text[at + 1..]);
    assert_ne!(moved, text);
    std::fs::write(&path, moved).unwrap();
    let refused = analysis.load_xml(&path).unwrap_err().to_string();
    assert!(refused.contains("elsewhere") && refused.contains(&name), "{refused}");
    assert_eq!(analysis.roi().state(), before);
}

#[test]
fn simulated_counts_replace_nothing_that_the_analysis_reads() {
    let directory = tempfile::tempdir().unwrap();
    let simulated = simulate(&SimulationOptions::default().with_npix(20).with_ebins(4).with_sources(1)).unwrap();
    let config = simulated.write(directory.path()).unwrap();
    let written = Analysis::open(&config).unwrap().simulate_counts(&SimulateOptions::default()).unwrap();
    assert!(written[0].path.ends_with("ccubemc_00.fits"));
    // The same again, as long as nothing reads it.
    Analysis::open(&config).unwrap().simulate_counts(&SimulateOptions::default()).unwrap();
    let before = std::fs::read(&written[0].path).unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    let renamed = text.replace(" ccube_00.fits", &format!(" {}", written[0].path.display()));
    assert_ne!(renamed, text);
    std::fs::write(&config, renamed).unwrap();
    let options = SimulateOptions::default().with_seed(2);
    let error = Analysis::open(&config).unwrap().simulate_counts(&options).unwrap_err();
    assert!(matches!(error, Error::Option { option: "out", .. }), "{error}");
    assert_eq!(std::fs::read(&written[0].path).unwrap(), before);
}

#[test]
fn a_saved_analysis_keeps_the_word_on_energy_dispersion() {
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("result");
    let mut saved = analysis();
    let name = saved.roi().sources().iter().find(|s| s.spatial().is_point()).unwrap().name().to_owned();
    saved.set_apply_edisp(&name, false).unwrap();
    saved.write_roi(&prefix).unwrap();
    let mut loaded = analysis();
    loaded.load_roi(&prefix).unwrap();
    for source in loaded.roi().sources() {
        assert_eq!(source.apply_edisp(), source.name() != name, "{}", source.name());
    }
    // What has no word on it is written without one.
    assert_eq!(loaded.xml_text().unwrap(), saved.xml_text().unwrap());
    // Files of before do not say, and leave it as it is.
    let json = directory.path().join("result.json");
    let text = std::fs::read_to_string(&json).unwrap();
    let without: Vec<&str> = text.lines().filter(|line| !line.contains("\"apply_edisp\"")).collect();
    assert!(without.len() < text.lines().count());
    std::fs::write(&json, without.join("\n")).unwrap();
    loaded.load_roi(&prefix).unwrap();
    assert!(!loaded.roi().source(&name).unwrap().apply_edisp());
    let mut other = analysis();
    other.load_roi(&prefix).unwrap();
    assert!(other.roi().source(&name).unwrap().apply_edisp());
}

#[test]
fn a_model_that_is_carried_to_other_data_leaves_what_was_measured_behind() {
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("result");
    let mut saved = analysis();
    saved.fit(&FitOptions::default()).unwrap();
    let name = saved.roi().sources().iter().find(|s| s.spatial().is_point()).unwrap().name().to_owned();
    let norm = saved.norm(&name).unwrap();
    saved.zero_source(&name).unwrap();
    saved.write_roi(&prefix).unwrap();

    let mut same = analysis();
    assert!(same.carry_over(&prefix).unwrap());
    assert_eq!(same.all_properties().unwrap(), saved.all_properties().unwrap());

    let mut other = analysis();
    let third = other.likelihood().components()[0].axis().edges()[2];
    other.set_energy_range(Some(third), None).unwrap();
    let range = other.energy_range();
    assert!(!other.carry_over(&prefix).unwrap());
    assert_eq!((other.energy_range(), other.roi().state()), (range, saved.roi().state()));
    assert!(saved.all_properties().unwrap().values().any(|known| known.ts.is_some()));
    let known = other.all_properties().unwrap();
    assert!(known.values().all(|known| known.ts.is_none() && known.scan.is_none() && known.refitted_limit.is_none()));
    // Predicted counts are those of the energies that count here.
    let all: f64 = saved.all_properties().unwrap().values().map(|known| known.npred).sum();
    assert!(known.values().map(|known| known.npred).sum::<f64>() < 0.9 * all);
    other.unzero_source(&name).unwrap();
    saved.unzero_source(&name).unwrap();
    assert_eq!(other.roi().state(), saved.roi().state());
    assert_eq!(other.norm(&name).unwrap().to_bits(), norm.to_bits());
}

#[test]
fn a_table_in_a_folder_beside_a_model_goes_with_it() {
    let mut analysis = analysis();
    let name = analysis.roi().sources().iter().find(|s| s.spatial().is_point()).unwrap().name().to_owned();
    analysis.set_source_spectrum(&name, "FileFunction", &[]).unwrap();
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at = |place: &tempfile::TempDir| place.path().join("model.xml");
    let isotropic = analysis.roi().source("isodiff").unwrap().spectrum().clone();
    for place in [&here, &there] {
        std::fs::write(place.path().join(isotropic.file().unwrap()), isotropic.file_tables()[0].to_text()).unwrap();
    }
    analysis.write_xml(&at(&here)).unwrap();
    let file = analysis.roi().source(&name).unwrap().spectrum().file().unwrap().to_owned();
    let text = std::fs::read_to_string(at(&here)).unwrap();
    std::fs::write(at(&here), text.replace(&file, &format!("tables/{file}"))).unwrap();
    std::fs::create_dir(here.path().join("tables")).unwrap();
    std::fs::rename(here.path().join(&file), here.path().join("tables").join(&file)).unwrap();
    let loglike = analysis.loglike().unwrap();
    let mut other = crate::region::analysis();
    other.load_xml(&at(&here)).unwrap();
    other.write_xml(&at(&there)).unwrap();
    assert!(there.path().join("tables").join(&file).exists());
    let mut again = crate::region::analysis();
    again.load_xml(&at(&there)).unwrap();
    assert_eq!(again.loglike().unwrap(), loglike);
}
