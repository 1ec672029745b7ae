//! The data of time bins add up to those of the whole time, and a bin over everything is the whole analysis.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeSet;
use std::sync::OnceLock;

use lat_dataset::{SliceInputs, SliceStep};
use lat_events::TimeBins;
use likelihood_core::SourceMap;
use rayon::prelude::*;
use roi_fit::{Analysis, Error, FitOptions, NoData, Quiet, SliceMaps, SliceOptions, TimeSlice, TimeSlices};
use roi_simulate::{EventOptions, ResponseFiles, SimulationOptions, write_event_region};
use tempfile::TempDir;

/// A region of three sources seen for two days, prepared once for all tests of a process.
fn region() -> &'static TempDir {
    static REGION: OnceLock<TempDir> = OnceLock::new();
    REGION.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let region = SimulationOptions::default().with_sources(3).with_npix(30).with_binsz(0.3).with_ebins(8);
        let events = EventOptions::default().with_days(2.0);
        write_event_region(&region, &events, &ResponseFiles::BuiltIn, directory.path()).unwrap();
        directory
    })
}

fn analysis() -> Analysis {
    Analysis::open(region().path().join("config.yaml")).unwrap()
}

fn options(maps: SliceMaps) -> SliceOptions {
    SliceOptions::default().with_source_maps(maps)
}

/// Bins that cut the time of an observation at these parts of it.
fn bins(analysis: &Analysis, parts: &[f64]) -> Vec<(f64, f64)> {
    let (start, stop) = analysis.observation_times().unwrap();
    let at = |part: f64| start + part * (stop - start);
    parts.windows(2).map(|pair| (at(pair[0]), at(pair[1]))).collect()
}

fn slices(analysis: &Analysis, bins: &[(f64, f64)], maps: SliceMaps) -> Vec<TimeSlice> {
    let slices = TimeSlices::open(analysis, bins, &options(maps), &mut Quiet).unwrap();
    (0..slices.len()).map(|bin| slices.slice(bin).unwrap()).collect()
}

/// Predicted counts of every source.
fn npred(slice: &TimeSlice) -> Vec<f64> {
    let session = slice.session.as_ref().unwrap();
    session.roi().sources().iter().map(|source| session.data().npred(source).unwrap()).collect()
}

fn assert_close(found: f64, expected: f64, relative: f64, what: &str) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{what}: {found} and {expected}");
}

#[test]
fn one_bin_over_everything_is_the_prepared_analysis() {
    let mut analysis = analysis();
    let whole = bins(&analysis, &[-0.01, 1.01]);
    let (loglike, report) = (analysis.loglike().unwrap(), analysis.loglike_report().unwrap());
    for maps in [SliceMaps::Exact, SliceMaps::Scaled, SliceMaps::Automatic] {
        let [slice] = slices(&analysis, &whole, maps).try_into().unwrap();
        assert_eq!(slice.counts, report.counts);
        assert_eq!(slice.maps.exact, if maps == SliceMaps::Exact { 5 } else { 0 });
        assert!(slice.maps.largest_deviation < 1e-5, "{}", slice.maps);
        let mut session = slice.session.unwrap();
        assert_eq!(session.data().components()[0].counts_spectrum(), report.components[0].counts);
        assert_close(session.loglike().unwrap(), loglike, 2e-7, maps.as_str());
    }
}

#[test]
fn counts_exposure_and_predicted_counts_of_bins_add_up() {
    let analysis = analysis();
    let parts = [0.0, 0.1, 0.35, 0.5001, 0.8, 1.001];
    let of_bins = bins(&analysis, &parts);
    let whole = &slices(&analysis, &[(of_bins[0].0, of_bins[4].1)], SliceMaps::Exact)[0];
    for (maps, relative) in [(SliceMaps::Exact, 2e-3), (SliceMaps::Scaled, 1e-6)] {
        let found = slices(&analysis, &of_bins, maps);
        let counts: f64 = found.iter().map(|slice| slice.counts).sum();
        assert_eq!(counts, whole.counts);
        // Both are exact sums.
        assert_eq!(found.iter().map(|slice| slice.livetime).sum::<f64>(), whole.livetime);
        let sums = found.iter().map(npred).reduce(|a, b| a.iter().zip(b).map(|(a, b)| a + b).collect()).unwrap();
        for (sum, (whole, source)) in sums.iter().zip(npred(whole).iter().zip(analysis.roi().sources())) {
            assert_close(*sum, *whole, relative, source.name());
        }
    }
    let [all, parts] = [vec![(of_bins[0].0, of_bins[4].1)], of_bins].map(|bins| {
        let slices = TimeSlices::open(&analysis, &bins, &SliceOptions::default(), &mut Quiet).unwrap();
        let source = analysis.roi().sources().iter().find_map(roi_fit::Source::direction).unwrap();
        (0..slices.len()).map(|bin| slices.exposure(bin, &source, 1234.0).unwrap()).sum::<f64>()
    });
    assert!(all > 1e6);
    assert_close(parts, all, 2e-7, "exposure");
}

#[test]
fn a_bin_in_a_gap_has_no_data_and_is_no_error() {
    let analysis = analysis();
    let (start, stop) = analysis.observation_times().unwrap();
    let found = slices(
        &analysis,
        &[(start - 5000.0, start - 10.0), (start, start + 43_200.0), (stop + 1.0, stop + 100.0)],
        SliceMaps::Automatic,
    );
    for empty in [&found[0], &found[2]] {
        assert_eq!((empty.no_data, empty.counts, empty.good_time), (Some(NoData::NoGoodTime), 0.0, 0.0));
        assert!(empty.session.is_none());
        assert_eq!(empty.no_data.unwrap().to_string(), "no good time");
    }
    assert!(found[1].no_data.is_none() && found[1].session.is_some());
}

/// The maps of a bin of half a day, by source, and how far they may be apart.
fn maps(choice: SliceMaps) -> (Vec<(String, SourceMap)>, f64) {
    let analysis = analysis();
    let path = region().path().join("config.yaml");
    let loaded = lat_dataset::load(&path).unwrap();
    let half_a_day = TimeBins::new(bins(&analysis, &[0.25, 0.5])).unwrap();
    let none = BTreeSet::new();
    let inputs = SliceInputs {
        config: &loaded.config,
        components: loaded.observation.components,
        sources: loaded.roi.sources(),
        made_here: &none,
        max_bytes: None,
    };
    let mut watch = |_: &SliceStep<'_>| std::ops::ControlFlow::Continue(());
    let slices = lat_dataset::TimeSlices::open(inputs, &half_a_day, &options(choice), &mut watch).unwrap();
    let mut maps = Vec::new();
    let mut deviation = 0.0;
    for component in slices.slice(0).unwrap().components.unwrap() {
        let made = component.source_maps(|source, map| {
            maps.push((source.name().to_owned(), map));
            Ok::<(), lat_dataset::Error>(())
        });
        deviation = made.unwrap().largest_deviation;
    }
    maps.sort_by(|a, b| a.0.cmp(&b.0));
    (maps, deviation)
}

#[test]
fn scaled_maps_differ_from_exact_ones_by_no_more_than_the_deviation_that_is_told() {
    let ((exact, _), (scaled, deviation)) = (maps(SliceMaps::Exact), maps(SliceMaps::Scaled));
    assert!(deviation > 1e-4 && deviation < 0.2, "{deviation}");
    assert_eq!(exact.len(), 5);
    for ((name, exact), (other, scaled)) in exact.iter().zip(&scaled) {
        assert_eq!(name, other);
        let (mut apart, mut all) = (0.0, 0.0);
        // Weighted as photons are: a spectrum of index 2 has as many in each step of the logarithm as the exposure.
        for (plane, (a, b)) in exact.planes().outer_iter().zip(scaled.planes().outer_iter()).enumerate() {
            let weight = 0.3f64.powi(i32::try_from(plane).unwrap());
            let pairs = || a.iter().zip(&b).map(|(a, b)| (f64::from(*a), f64::from(*b)));
            apart += weight * 0.5 * pairs().map(|(a, b)| (a - b).abs()).sum::<f64>();
            all += weight * pairs().map(|(a, _)| a).sum::<f64>();
        }
        assert!(apart / all < 1.5 * deviation + 2e-3, "{name}: {} of the photons, told {deviation}", apart / all);
    }
    let analysis = analysis();
    let half_a_day = bins(&analysis, &[0.25, 0.5]);
    // With a tolerance below every deviation all maps are exact, with one above none is.
    for (tolerance, expected) in [(0.0, 5), (1.0, 0)] {
        let options = SliceOptions::default().with_psf_tolerance(tolerance);
        let slices = TimeSlices::open(&analysis, &half_a_day, &options, &mut Quiet).unwrap();
        let slice = slices.slice(0).unwrap();
        assert_eq!((slice.maps.exact, slice.maps.scaled), (expected, 5 - expected), "{}", slice.maps);
    }
}

#[test]
fn bins_are_the_same_to_the_last_bit_on_any_number_of_threads() {
    let of_bins = bins(&analysis(), &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
    let evaluated = |threads: usize, maps| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let slices = TimeSlices::open(&analysis(), &of_bins, &options(maps), &mut Quiet).unwrap();
            let loglike = |bin| slices.slice(bin).unwrap().session.unwrap().loglike().unwrap().to_bits();
            (0..5).into_par_iter().map(loglike).collect::<Vec<u64>>()
        })
    };
    for maps in [SliceMaps::Exact, SliceMaps::Scaled, SliceMaps::Automatic] {
        assert_eq!(evaluated(1, maps), evaluated(2, maps), "{maps}");
    }
}

#[test]
fn bins_that_cannot_be_and_analyses_without_files_are_refused() {
    let analysis = analysis();
    let (start, _) = analysis.observation_times().unwrap();
    let refused = |bins: &[(f64, f64)], options: &SliceOptions| {
        TimeSlices::open(&analysis, bins, options, &mut Quiet).err().unwrap()
    };
    let usual = SliceOptions::default();
    for bins in [
        &[][..],
        &[(start, start)],
        &[(start, f64::NAN)],
        &[(start, start + 10.0), (start + 5.0, start + 20.0)],
        &[(start + 20.0, start + 30.0), (start, start + 10.0)],
    ] {
        let error = refused(bins, &usual);
        assert!(matches!(error, Error::Events(lat_events::Error::TimeBins { .. })), "{error}");
    }
    // Days of MJD in the place of mission seconds.
    let error = refused(&[(58_000.0, 58_001.0)], &usual).to_string();
    assert!(error.contains("seconds of mission time"), "{error}");
    let error = refused(&[(start, start + 10.0)], &usual.with_psf_tolerance(2.0));
    assert!(matches!(error, Error::Option { option: "psf_tolerance", .. }), "{error}");

    let slices =
        TimeSlices::open(&analysis, &[(start, start + 20_000.0)], &SliceOptions::default(), &mut Quiet).unwrap();
    assert!(slices.slice(1).unwrap_err().to_string().contains("time bin"));
    let in_memory = Analysis::new(analysis.roi().clone(), analysis.likelihood().clone()).unwrap();
    assert!(matches!(in_memory.observation_times(), Err(Error::NoFiles { .. })));
    let none = TimeSlices::open(&in_memory, &[(0.0, 1.0)], &SliceOptions::default(), &mut Quiet);
    assert!(matches!(none, Err(Error::NoFiles { .. })));
}

#[test]
fn photon_times_are_those_of_the_photons_and_probabilities_add_up_to_predicted_counts() {
    let mut analysis = analysis();
    let (start, stop) = analysis.observation_times().unwrap();
    let points = analysis.roi().sources().iter().filter(|source| source.direction().is_some());
    let npred = |source: &&roi_fit::Source| analysis.likelihood().npred(source).unwrap();
    let source = points.max_by(|a, b| npred(a).total_cmp(&npred(b))).unwrap();
    let (name, center) = (source.name().to_owned(), source.direction().unwrap());
    let (near, all) = (analysis.photon_times(&center, 1.0).unwrap(), analysis.photon_times(&center, 180.0).unwrap());
    assert!(!near.is_empty() && near.len() < all.len());
    assert!(near.windows(2).all(|pair| pair[0] <= pair[1]) && near.iter().all(|time| (start..=stop).contains(time)));
    assert!(analysis.photon_times(&center, 0.0).is_err());

    analysis.free_norm(&name, true).unwrap();
    assert!(analysis.fit(&FitOptions::default()).unwrap().fit_success);
    let found = analysis.photon_probabilities(&name, 180.0).unwrap();
    let sum: f64 = found.iter().map(|(_, probability)| probability).sum();
    let npred = analysis.likelihood().npred(analysis.roi().source(&name).unwrap()).unwrap();
    assert_close(sum, npred, 1e-3, "probabilities");
    assert!(found.windows(2).all(|pair| pair[0].0 <= pair[1].0));
    assert!(analysis.photon_probabilities("nothing of this name", 1.0).is_err());
}
