//! `roi-fit simulate` from outside: one region, or many of consecutive seeds.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::{json_of, program, roi_fit};

const SIZE: [&str; 6] = ["--npix", "16", "--ebins", "4", "--sources", "2"];

fn simulate(out: &Path, options: &[&str]) -> Output {
    let start = ["simulate", "--out", out.to_str().unwrap()];
    let arguments = [&start[..], &SIZE, options].concat();
    roi_fit(&arguments)
}

#[test]
fn many_regions_are_those_of_their_seeds() {
    let directory = tempfile::tempdir().unwrap();
    let many = directory.path().join("many");
    let configs = json_of(&simulate(&many, &["--seed", "9", "--regions", "3", "--json", "-"]))["configs"].clone();
    let expected: Vec<_> =
        ["seed_09", "seed_10", "seed_11"].iter().map(|name| many.join(name).join("config.yaml")).collect();
    assert_eq!(configs, serde_json::json!(expected));
    // Each is what its seed gives alone, byte for byte.
    let alone = directory.path().join("alone");
    json_of(&simulate(&alone, &["--seed", "10", "--json", "-"]));
    for file in std::fs::read_dir(&alone).unwrap() {
        let name = file.unwrap().file_name();
        let [one, other] = [&alone, &many.join("seed_10")].map(|folder| std::fs::read(folder.join(&name)).unwrap());
        assert!(one == other, "{}", name.display());
    }
    let first = std::fs::read(many.join("seed_09/ccube_00.fits")).unwrap();
    assert_ne!(first, std::fs::read(many.join("seed_10/ccube_00.fits")).unwrap());
}

#[test]
fn more_years_are_more_counts() {
    let directory = tempfile::tempdir().unwrap();
    let [ten, fifty] = ["10", "50"].map(|years| {
        let out = directory.path().join(years);
        json_of(&simulate(&out, &["--years", years, "--json", "-"]));
        counts(&out)
    });
    assert!(ten > 500.0 && (fifty / ten - 5.0).abs() < 0.4, "{ten} {fifty}");
}

/// The counts of a region, as the program itself reports them.
fn counts(region: &Path) -> f64 {
    let config = region.join("config.yaml");
    let arguments = ["loglike", config.to_str().unwrap(), "--json", "-"];
    json_of(&roi_fit(&arguments))["counts"].as_f64().unwrap()
}

#[test]
fn what_cannot_be_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for (options, name) in [
        (&["--regions", "0"][..], "--regions"),
        (&["--years", "0"], "years"),
        (&["--years", "NaN"], "years"),
        (&["--seed", "18446744073709551615", "--regions", "2"], "--regions 2"),
    ] {
        let output = simulate(directory.path(), options);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && error.contains(name), "{options:?}: {error}");
    }
}

/// The program with these arguments, in a folder; its JSON.
fn run(folder: &Path, arguments: &[&str]) -> Value {
    json_of(&program(arguments).current_dir(folder).args(["--json", "-"]).output().unwrap())
}

#[test]
fn photons_are_simulated_prepared_fitted_and_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let size = ["--npix", "30", "--ebins", "5", "--sources", "2"];
    let simulated =
        run(folder, &[&["simulate", "--out", "r", "--events", "--days", "2", "--no-edisp"][..], &size].concat());
    let photons = simulated["photons"].as_u64().unwrap();
    assert!(photons > 100 && simulated["rows"] == 5760, "{simulated}");
    let mut files: Vec<_> =
        std::fs::read_dir(folder.join("r")).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(
        files,
        [
            "aeff_SIMULATED_V1_FB.fits",
            "config.yaml",
            "edisp_SIMULATED_V1_FB.fits",
            "galdiff_simulated.fits",
            "iso_simulated.txt",
            "model_true.xml",
            "photons.fits",
            "psf_SIMULATED_V1_FB.fits",
            "spacecraft.fits",
            "srcmdl_00.xml",
        ]
    );
    let plan = run(folder, &["prepare", "r", "--dry-run"]);
    let products = plan["products"].as_array().unwrap();
    let (model, made_here) = products.split_last().unwrap();
    assert_eq!((&model["product"], &model["state"]), (&"srcmdl".into(), &"given".into()));
    let is_planned = |product: &Value| product["state"] == "missing" && product["seconds"].as_f64().unwrap() > 0.0;
    assert!(made_here.iter().all(is_planned), "{products:?}");
    let made = run(folder, &["prepare", "r"]);
    assert_eq!(made["products"].as_array().unwrap().len(), 7);
    let fit = run(folder, &["loglike", "r"]);
    let counts = fit["counts"].as_f64().unwrap();
    assert!(counts > 20.0 && counts < photons as f64, "{counts} of {photons}");
    let shares = run(folder, &["srcprob", "r", "--out", "r/shares.fits"]);
    let component = &shares["components"][0];
    let sum: f64 = component["sums"].as_object().unwrap().values().map(|sum| sum.as_f64().unwrap()).sum();
    assert!((sum - counts).abs() < 1e-3 && component["inside"].as_f64() == Some(counts), "{shares}");
    assert!(folder.join("r/shares.fits").exists());
    // What was put in is not written over, by no command and under no spelling, before or after anything was made of it.
    for (words, file) in [
        (["srcprob", "r", "--out", "r/../r/photons.fits"], "r/photons.fits"),
        (["srcprob", "r", "--out", "r/ft1_00.fits"], "r/ft1_00.fits"),
        (["fit", "r", "--json", "r/spacecraft.fits"], "r/spacecraft.fits"),
        (["prepare", "r", "--json", "r/photons.fits"], "r/photons.fits"),
    ] {
        let before = std::fs::read(folder.join(file)).unwrap();
        let refused = program(&words).current_dir(folder).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{words:?} {}", String::from_utf8_lossy(&refused.stderr));
        assert_eq!(std::fs::read(folder.join(file)).unwrap(), before, "{words:?}");
    }
}

#[test]
fn photons_that_cannot_be_simulated_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    for (options, name) in [
        (&["--days", "3"][..], "--events"),
        (&["--events", "--years", "3"], "--years"),
        (&["--events", "--days", "0"], "days"),
        (&["--events", "--caldb", "x"], "--irfs"),
        (&["--events", "--irfs", "P8R3_SOURCE_V3"], "CALDB"),
        (&["--events", "--irfs", "P8R3_SOURCE_V3", "--caldb", "nowhere"], "nowhere"),
        (&["--events", "--irfs", "P8R3_SOURCE_V3", "--caldb", "."], "aeff_P8R3_SOURCE_V3_FB.fits"),
    ] {
        let start = ["simulate", "--out", "out"];
        let arguments = [&start[..], &SIZE, options].concat();
        let output = program(&arguments).current_dir(directory.path()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && error.contains(name), "{options:?}: {error}");
        assert!(!directory.path().join("out/config.yaml").exists());
    }
}
