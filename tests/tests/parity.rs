//! Every comparison with a recorded answer meets its bar.

#![expect(clippy::unwrap_used, reason = "a comparison that cannot be made has failed")]

use acceptance::{data, parity};

fn assert_met(title: &str, run: fn(&std::path::Path) -> parity::Outcome) {
    let Some(directory) = data::directory_or_skip(title) else { return };
    let comparisons = run(&directory).unwrap();
    assert!(!comparisons.is_empty());
    let missed: Vec<_> = comparisons.iter().filter(|c| !c.passes()).collect();
    assert!(missed.is_empty(), "{title}: {missed:#?}");
}

#[test]
fn galactic_centre_small() {
    assert_met("galactic_centre_small", parity::galactic_centre::small);
}

#[test]
fn galactic_centre_full() {
    assert_met("galactic_centre_full", parity::galactic_centre::full);
}

#[test]
fn crab() {
    assert_met("crab", parity::crab::all);
}

#[test]
fn fermitools_ten_free() {
    assert_met("fermitools_ten_free", parity::fermitools::ten_free);
}

#[test]
fn fermitools_all_free() {
    assert_met("fermitools_all_free", parity::fermitools::all_free);
}

#[test]
fn fermitools_window() {
    assert_met("fermitools_window", parity::fermitools::window);
}

#[test]
fn fermitools_rescaling() {
    assert_met("fermitools_rescaling", parity::fermitools::rescaling);
}

#[test]
fn fermitools_weighted() {
    assert_met("fermitools_weighted", parity::fermitools::weighted);
}

#[test]
fn fermitools_weighted_window() {
    assert_met("fermitools_weighted_window", parity::fermitools::weighted_window);
}

#[test]
fn pass8_from_response_functions() {
    assert_met("pass8_from_response_functions", parity::pass8::from_response_functions);
}

#[test]
fn gammalib_p8v2() {
    assert_met("gammalib_p8v2", parity::pass8::gammalib);
}
