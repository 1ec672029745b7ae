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

/// A test a target: those whose inputs take long have fewer.
macro_rules! survive {
    ($($name:ident: $cases:literal,)*) => {
        $(#[test]
        fn $name() {
            survives(stringify!($name), $cases);
        })*

        #[test]
        fn every_target_is_tried() {
            let tried = [$(stringify!($name)),*];
            assert!(TARGETS.iter().map(|target| target.name).eq(tried));
        }
    };
}

survive! {
    xml: 20_000,
    yaml: 20_000,
    filter: 20_000,
    spectrum_table: 20_000,
    priors: 10_000,
    state: 2000,
    journal: 5000,
    bin_records: 1000,
    fits_header: 20_000,
    fits_table: 20_000,
    responses: 10_000,
    catalogs: 10_000,
    selections: 5000,
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
