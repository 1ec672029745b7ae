//! Limits by toys: `limit`.

use crate::support::{json, roi_fit};

fn region() -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap().to_owned();
    let size = ["--npix", "14", "--ebins", "4", "--sources", "2", "--years", "0.1"];
    assert!(roi_fit(&[&["simulate", "--out", &out][..], &size].concat()).status.success());
    (directory, out)
}

#[test]
fn a_limit_by_toys_is_shown_and_written_and_the_model_stays() {
    let (_directory, config) = region();
    let source = "SIM J0534.5+2200";
    let run = |more: &[&str]| json(&[&["limit", &config, source, "--fit-first", "--toys", "200"], more].concat());
    let limit = run(&["--cls"]);
    let number = |key: &str| limit[key].as_f64().unwrap();
    assert_eq!((limit["name"].as_str(), limit["status"].as_str()), (Some(source), Some("converged")));
    assert!((number("p_value") - 0.05).abs() < 0.02 && number("cls") >= number("p_value"), "{limit}");
    assert!(
        number("norm_ul") > number("norm") && number("norm_ul_err") > 0.0 && number("norm_ul_cls") > number("norm")
    );
    let per_norm = number("flux_ul") / number("norm_ul");
    assert!((number("flux_ul_asymptotic") / number("norm_ul_asymptotic") / per_norm - 1.0).abs() < 1e-9);
    assert_eq!(limit["tested"].as_array().unwrap()[0]["toys"], 200);
    // The limit without toys is that of a profile.
    let profile = json(&["profile", &config, source, "--fit-first", "--reoptimize"]);
    let of_profile = profile["limits"]["ul"].as_f64().unwrap();
    assert!((number("norm_ul_asymptotic") / of_profile - 1.0).abs() < 1e-3, "{of_profile} {limit}");
    // The same toys for any number of threads, others for another seed.
    assert_eq!(run(&["--cls", "--threads", "1"])["tested"], limit["tested"]);
    assert_ne!(run(&["--seed", "1"])["norm_ul"], limit["norm_ul"]);

    let shown = roi_fit(&["limit", &config, source, "--fit-first", "--toys", "100", "--confidence", "0.9"]);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.status.success() && text.contains("upper limits at 90 %") && text.contains("p-value"), "{text}");
}

#[test]
fn what_cannot_be_ends_with_2_and_says_what_to_do() {
    let (_directory, config) = region();
    let source = "SIM J0534.5+2200";
    let cases: [(&[&str], &str); 6] = [
        (&[source, "--toys", "0"], "at least 1"),
        (&[source, "--toys", "99"], "at least 100"),
        (&[source, "--confidence", "95"], "between 0.5 and 1"),
        (&[source, "--confidence", "0.99", "--toys", "499"], "at least 500"),
        (&["nobody"], "nobody"),
        (&[source, "--fix", source], "is fixed"),
    ];
    for (arguments, expected) in cases {
        let refused = roi_fit(&[&["limit", &config], arguments].concat());
        let told = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(2) && told.contains(expected), "{arguments:?}: {told}");
    }
}
