//! What people who are new to the program stumbled over, from the command line to the files.

use std::path::{Path, PathBuf};
use std::process::Command;

use fixtures::{MadeUpEvents, fits_headers, real_data, write_cut_cube};

use crate::support::{json_of, program, roi_fit, simulated, success};

/// A folder of the real inputs, copied to where it may be changed.
fn fault(name: &str) -> Option<(tempfile::TempDir, PathBuf)> {
    let from = real_data(&format!("faults/{name}"))?;
    let folder = tempfile::tempdir().unwrap();
    let region = folder.path().join("region");
    std::fs::create_dir(&region).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        std::fs::write(region.join(entry.file_name()), std::fs::read(entry.path()).unwrap()).unwrap();
    }
    Some((folder, region))
}

#[test]
fn a_saved_analysis_is_taken_up_from_any_folder() {
    let Some((folder, region)) = fault("state-not-portable/region") else { return };
    let fitted = program(&["fit", "config.yaml", "--xml", "../s.xml", "--write-roi", "../s", "--json", "-"])
        .current_dir(&region)
        .output()
        .unwrap();
    let loglike = json_of(&fitted)["loglike"].clone();
    let again = |region: &Path, model: &str| {
        let words = ["loglike", region.to_str().unwrap(), "--model", model, "--json", "-"];
        json_of(&program(&words).current_dir(folder.path()).output().unwrap())["loglike"].clone()
    };
    for model in ["s.json", "s.xml", "s_00.xml"] {
        assert_eq!(again(&region, model), loglike, "{model}");
    }
    let moved = folder.path().join("moved");
    std::fs::rename(&region, &moved).unwrap();
    assert_eq!(again(&moved, "s.json"), loglike);
}

#[test]
fn a_map_cube_that_ends_within_the_counts_is_told_once_with_both_energies() {
    let Some((_folder, region)) = fault("relative-config-path/region") else { return };
    let config = region.to_str().unwrap();
    let whole = roi_fit(&["loglike", config, "--json", "-"]);
    assert!(!String::from_utf8_lossy(&whole.stderr).contains("extrapolated"));
    std::fs::rename(region.join("galdiff.fits"), region.join("whole.fits")).unwrap();
    write_cut_cube(&region.join("whole.fits"), &region.join("galdiff.fits"), 50e3);
    let cut = roi_fit(&["loglike", config, "-v"]);
    let told = String::from_utf8_lossy(&cut.stderr).into_owned();
    assert!(cut.status.success(), "{told}");
    let line = told.lines().find(|line| line.contains("extrapolated")).unwrap();
    assert!(line.contains("galdiff.fits") && line.contains("100000 MeV"), "{line}");
    assert_eq!(told.matches("extrapolated").count(), 1, "{told}");
}

#[test]
fn what_is_odd_is_told_once_however_much_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let base = simulated(&folder.path().join("base"));
    let config = Path::new(&base).join("config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("ra: 83.63", "ra: 93.63")).unwrap();
    for more in [&[][..], &["-v"]] {
        let told = roi_fit(&[&["params", &base][..], more].concat()).stderr;
        let told = String::from_utf8_lossy(&told).into_owned();
        assert_eq!(told.matches("93.63").count(), 1, "{told}");
    }
}

#[test]
fn every_fits_file_says_when_and_by_what_it_was_made_and_cubes_of_bins_their_edges() {
    let folder = tempfile::tempdir().unwrap();
    let base = simulated(&folder.path().join("base"));
    let path = |name: &str| folder.path().join(name);
    let text = |name: &str| path(name).to_str().unwrap().to_owned();
    success(&roi_fit(&["model-map", &base, "--out", &text("model.fits")]));
    success(&roi_fit(&["model-map", &base, "--residual", "--out", &text("residual.fits"), "--emin", "740.0828125"]));
    success(&roi_fit(&["srcmaps", &base, "--out", &text("maps.fits")]));
    success(&roi_fit(&[
        "sed",
        &base,
        "SIM J0534.5+2200",
        "--optimize-first",
        "--fits",
        &text("sed.fits"),
        "--write-roi",
        &text("roi"),
    ]));
    let events = path("events");
    std::fs::create_dir(&events).unwrap();
    MadeUpEvents::default().write_photons(&events.join("photons.fits"));
    MadeUpEvents::default().write_spacecraft(&events.join("spacecraft.fits"));
    let config = "data: {evfile: photons.fits, scfile: spacecraft.fits}\nfileio: {outdir: not/yet/there}\n\
                  selection: {ra: 84, dec: 22, emin: 100, emax: 10000, zmax: 90, evclass: 128}\n\
                  binning: {npix: 12, binsz: 0.2, enumbins: 3}\nltcube: {binsz: 20}\n\
                  model: {sources: [{name: one, ra: 84, dec: 22, SpectrumType: PowerLaw, Index: 2, Prefactor: 1e-11}]}\n";
    std::fs::write(events.join("config.yaml"), config).unwrap();
    success(&roi_fit(&["prepare", events.to_str().unwrap()]));
    // The output folder was made.
    let made = events.join("not/yet/there");
    let in_base = |name: &str| Path::new(&base).join(name);
    let cubes = [
        path("model.fits"),
        path("residual.fits"),
        path("maps.fits"),
        in_base("ccube_00.fits"),
        in_base("srcmap_00.fits"),
        made.join("ccube_00.fits"),
    ];
    let others = [
        path("sed.fits"),
        path("roi.fits"),
        in_base("galdiff_simulated.fits"),
        made.join("ft1_00.fits"),
        made.join("ltcube_00.fits"),
    ];
    for file in cubes.iter().chain(&others) {
        let headers = fits_headers(file);
        let (primary, name) = (&headers[0], file.display());
        assert!(
            primary.get("DATE").is_some_and(|date| date.len() >= 10 && date.starts_with("20")),
            "{name}: {primary:?}"
        );
        assert!(primary.get("CREATOR").is_some_and(|creator| creator.contains("roi-fit")), "{name}: {primary:?}");
        let has_bounds = headers.iter().any(|header| header.get("EXTNAME").is_some_and(|table| table == "EBOUNDS"));
        assert!(has_bounds || !cubes.contains(file), "{name} has no EBOUNDS");
    }
    let bounds = fits_headers(&path("residual.fits"));
    let bounds = bounds.iter().find(|header| header.get("EXTNAME").is_some_and(|table| table == "EBOUNDS")).unwrap();
    assert_eq!(bounds["NAXIS2"], "3");
}

#[test]
fn a_folder_for_what_is_made_need_not_be_there() {
    let Some((_folder, region)) = fault("relative-config-path/region") else { return };
    let config = region.join("config.yaml");
    let files =
        "files: {ccube: ccube_00.fits, bexpmap: bexpmap_00.fits, psf: psf_00.fits}\nfileio: {outdir: made/here}\n";
    std::fs::write(&config, format!("{}\n{files}", std::fs::read_to_string(&config).unwrap())).unwrap();
    success(&roi_fit(&["loglike", config.to_str().unwrap()]));
    assert!(region.join("made/here/srcmap_00.fits").exists());
}

#[test]
fn a_fits_file_is_no_model() {
    let folder = tempfile::tempdir().unwrap();
    let base = simulated(&folder.path().join("base"));
    let counts = format!("{base}/ccube_00.fits");
    let refused = roi_fit(&["fit", &base, "--model", &counts]);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{told}");
    for word in [counts.as_str(), "a FITS file", "source model XML"] {
        assert!(told.contains(word), "{told}");
    }
}

#[test]
fn what_a_command_found_is_neither_model_nor_configuration_and_the_message_says_what_is() {
    let folder = tempfile::tempdir().unwrap();
    let base = simulated(&folder.path().join("base"));
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (found, saved, xml) = (path("found.json"), path("saved"), path("model.xml"));
    success(&roi_fit(&["optimize", &base, "--json", &found, "--write-roi", &saved, "--xml", &xml]));
    let saved = format!("{saved}.json");
    let words = [found.as_str(), "the result of a command (--json)", "--write-roi", "--xml"];
    crate::support::refused(&["fit", &base, "--model", &found], &words);
    for command in ["fit", "loglike", "report", "config", "prepare", "srcmaps"] {
        crate::support::refused(&[command, &found], &words);
    }
    let checked = String::from_utf8_lossy(&roi_fit(&["check", &found]).stdout).into_owned();
    assert!(words.iter().all(|word| checked.contains(word)), "{checked}");
    for command in ["config", "prepare", "srcmaps"] {
        crate::support::refused(&[command, &saved], &[saved.as_str(), "a saved analysis", "--model"]);
        crate::support::refused(&[command, &xml], &[xml.as_str(), "an XML file", "--model"]);
    }
    // A source model is one whatever its name ends in; a configuration is none.
    let renamed = path("model.txt");
    std::fs::copy(&xml, &renamed).unwrap();
    success(&roi_fit(&["loglike", &base, "--model", &renamed]));
    let config = format!("{base}/config.yaml");
    crate::support::refused(&["loglike", &base, "--model", &config], &["config.yaml", "no model", "source model XML"]);
}

/// What a terminal would see of a command.
#[cfg(unix)]
fn in_a_terminal(arguments: &[&str], without_colors: bool) -> Option<String> {
    let words: Vec<String> =
        [&[env!("CARGO_BIN_EXE_roi-fit")], arguments].concat().iter().map(|word| format!("'{word}'")).collect();
    let mut terminal = Command::new("script");
    terminal.args(["-qec", &words.join(" "), "/dev/null"]).env_remove("NO_COLOR");
    if without_colors {
        terminal.env("NO_COLOR", "1");
    }
    let Ok(seen) = terminal.output() else {
        fixtures::skipped("there is no program 'script' to make a terminal with");
        return None;
    };
    Some(String::from_utf8_lossy(&seen.stdout).into_owned())
}

/// Whether there is a sequence that sets a colour or another way of showing text.
#[cfg(unix)]
fn has_colors(seen: &str) -> bool {
    seen.split("\u{1b}[").skip(1).any(|rest| {
        rest.find(|c: char| !(c.is_ascii_digit() || c == ';'))
            .is_some_and(|end| rest[end..].starts_with('m') && end > 0)
    })
}

#[cfg(unix)]
#[test]
fn without_colors_means_without_any() {
    let folder = tempfile::tempdir().unwrap();
    let base = simulated(&folder.path().join("base"));
    for arguments in [
        &["fit", &base, "-v"][..],
        &["fit", "nowhere"],
        &["--help"],
        &["fit", "--nonsense"],
        &["batch", &base, "--out", &format!("{base}/b")],
    ] {
        let (Some(plain), Some(bright)) = (in_a_terminal(arguments, true), in_a_terminal(arguments, false)) else {
            return;
        };
        assert!(!has_colors(&plain), "{arguments:?}: {plain:?}");
        // Else the test would see nothing.
        let may_be_plain = arguments[0] == "batch";
        assert!(may_be_plain || has_colors(&bright), "{arguments:?}: {bright:?}");
    }
}
