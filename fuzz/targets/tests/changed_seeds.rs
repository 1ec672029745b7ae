//! The fuzz targets over changed seeds, where no fuzzer is at hand.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use fuzz_targets::{TARGETS, Target};
use proptest::prelude::*;

fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap()
}

/// Runs a target over some thousand changed seeds, or as many as `ROI_FIT_FUZZ` says. The target panics when a reader breaks its promise.
fn survives(name: &str, cases: u32) {
    let cases = std::env::var("ROI_FIT_FUZZ").map_or(cases, |text| text.parse().unwrap());
    let target = target(name);
    let seeds = (target.seeds)();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(seed in any::<prop::sample::Index>(), edits in prop::collection::vec(any::<[u32; 4]>(), 1..6))| {
        (target.run)(&target.mutated(&seeds[seed.index(seeds.len())], &edits));
    });
}

#[test]
fn xml() {
    survives("xml", 20_000);
}

#[test]
fn yaml() {
    survives("yaml", 20_000);
}

#[test]
fn fits_header() {
    survives("fits_header", 20_000);
}

#[test]
fn fits_table() {
    survives("fits_table", 20_000);
}

#[test]
fn filter() {
    survives("filter", 20_000);
}

#[test]
fn spectrum_table() {
    survives("spectrum_table", 20_000);
}

#[test]
fn every_seed_passes_and_fits_into_the_longest_input() {
    for target in TARGETS {
        for seed in (target.seeds)() {
            assert!(seed.len() <= target.max_len, "{}: a seed of {} bytes", target.name, seed.len());
            (target.run)(&seed);
        }
    }
}
