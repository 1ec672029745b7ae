//! What an analysis says of the memory that it takes, and what a limit changes.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::{Path, PathBuf};

use roi_fit::{Analysis, Error, FitOptions, MemoryEstimate, MemoryUse, OpenOptions, Pars, Quiet, Selection};
use roi_simulate::{SimulationOptions, simulate};

fn region(directory: &Path, sources: usize, npix: usize, ebins: usize, components: usize) -> PathBuf {
    let mut options = SimulationOptions::default();
    (options.sources, options.npix, options.ebins, options.components) = (sources, npix, ebins, components);
    simulate(&options).unwrap().write(directory).unwrap()
}

fn open(config: &Path, limit: Option<u64>) -> (Analysis, MemoryUse) {
    let analysis = Analysis::open_by(config, Box::new(Quiet), &OpenOptions::default().with_max_memory(limit)).unwrap();
    let memory = analysis.timing().memory.clone();
    (analysis, memory)
}

/// By how much, relatively, an estimate may miss what is counted.
const TOLERANCE: f64 = 0.3;

#[test]
fn the_estimate_is_what_the_likelihood_holds() {
    for (sources, npix, ebins, components) in [(12, 40, 10, 1), (30, 60, 16, 2), (3, 50, 12, 3)] {
        let directory = tempfile::tempdir().unwrap();
        let config = region(directory.path(), sources, npix, ebins, components);
        // Groups of fixed sources are summed, so there must be some in every group.
        let (mut analysis, _) = open(&config, None);
        let names: Vec<String> = analysis.roi().sources().iter().map(|source| source.name().to_owned()).collect();
        for name in names.iter().step_by(2) {
            analysis.free_source(name, false, &Pars::All).unwrap();
        }
        analysis.write_xml(&directory.path().join("srcmdl_00.xml")).unwrap();
        is_right(&config);
    }
}

#[test]
fn the_estimate_counts_the_planes_of_energy_dispersion() {
    let Some(data) = acceptance::data::directory_or_skip("the planes of energy dispersion") else { return };
    let data = data.join("fermitools-roi");
    let directory = tempfile::tempdir().unwrap();
    for name in ["ccube.fits.gz", "srcmap.fits.gz", "drm.fits.gz", "iso.txt", "galdiff.fits.gz", "model_start.xml"] {
        std::fs::copy(data.join(name), directory.path().join(name)).unwrap();
    }
    let parts = ["edisp2", "edispm2", "weighted_edisp2"].map(|name| {
        let config = directory.path().join("config.yaml");
        std::fs::write(&config, std::fs::read_to_string(data.join(format!("config_{name}.yaml"))).unwrap()).unwrap();
        for other in ["bexpmap.fits.gz", "gtpsf.fits.gz", "weights_used.fits.gz"] {
            std::fs::copy(data.join(other), directory.path().join(other)).unwrap();
        }
        is_right(&config)
    });
    // Six planes a bin instead of two.
    assert_eq!(parts[0].kept_maps, 3 * parts[1].kept_maps);
    assert!(parts[2].data > parts[0].data);
}

/// Opens a region and compares what was expected with what is held.
fn is_right(config: &Path) -> MemoryEstimate {
    let (mut analysis, memory) = open(config, None);
    analysis.loglike_report().unwrap();
    let counted = analysis.session().footprint();
    let part = |what: &str, estimate: u64, counted: usize| {
        let ratio = estimate as f64 / counted as f64;
        assert!(
            (ratio - 1.0).abs() < TOLERANCE,
            "{}, {what}: {estimate} estimated, {counted} counted, {ratio:.3}",
            config.display()
        );
    };
    part("kept maps", memory.parts.kept_maps, counted.kept_maps);
    part("fixed", memory.parts.fixed, counted.fixed);
    // Rescaled counts are not proportional to a norm, so there are none.
    if memory.parts.columns != 0 || counted.columns != 0 {
        part("columns", memory.parts.columns, counted.columns);
    }
    let lasting = memory.parts.kept_maps + memory.parts.fixed + memory.parts.columns + memory.parts.work;
    part("all", lasting, counted.kept_maps + counted.fixed + counted.columns + counted.work);
    assert!(memory.parts.data >= counted.data as u64);
    assert_eq!(memory.limit, None);
    assert!(memory.estimate >= counted.total() as u64);
    memory.parts
}

#[test]
fn a_tight_limit_takes_a_leaner_way_to_the_same_result() {
    let directory = tempfile::tempdir().unwrap();
    let config = region(directory.path(), 20, 60, 12, 1);
    let fitted = |limit: Option<u64>| {
        let (mut analysis, memory) = open(&config, limit);
        let start = analysis.loglike_report().unwrap();
        analysis.free_sources(&Selection::within(2.0), Pars::Norm, true).unwrap();
        let result = analysis.fit(&FitOptions::default()).unwrap();
        assert!(result.fit_success);
        (memory, analysis.session().footprint().columns, start, result)
    };
    let (full, columns, start, result) = fitted(None);
    assert!(columns > 0);
    let parts = full.parts;
    let lasting = parts.fixed + parts.work + parts.profiles;
    let leanest = parts.program + parts.data + parts.kept_maps + lasting;
    assert!(parts.maps_in_flight < lasting, "the limits below are those of the fit");
    for (limit, room) in [(leanest, 0), (leanest + parts.columns / 2, parts.columns / 2)] {
        let (lean, columns, lean_start, lean_result) = fitted(Some(limit));
        assert_eq!((lean.limit, lean.columns_limit), (Some(limit), Some(room)));
        assert!(lean.estimate <= limit && columns as u64 <= room, "{columns} bytes of columns, {room} allowed");
        approx::assert_relative_eq!(lean_start.loglike, start.loglike, max_relative = 1e-12);
        for ((_, found), (_, expected)) in lean_start.gradient.iter().zip(&start.gradient) {
            approx::assert_relative_eq!(*found, *expected, max_relative = 1e-9, epsilon = 1e-9);
        }
        approx::assert_relative_eq!(lean_result.loglike, result.loglike, max_relative = 1e-10);
        for ((found, expected), error) in lean_result.values.iter().zip(&result.values).zip(&result.errors) {
            assert!((found - expected).abs() < 1e-3 * error, "{found} instead of {expected}");
        }
    }
}

#[test]
fn a_limit_that_is_too_low_is_refused_with_what_is_needed() {
    let directory = tempfile::tempdir().unwrap();
    let config = region(directory.path(), 6, 30, 6, 1);
    let refusal =
        |limit| match Analysis::open_by(&config, Box::new(Quiet), &OpenOptions::default().with_max_memory(limit)) {
            Err(Error::Memory { needed, limit, parts }) => (needed, limit, parts),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("a limit of {limit:?} was not refused"),
        };
    let (needed, limit, parts) = refusal(Some(1 << 20));
    assert_eq!(limit, 1 << 20);
    assert!(parts.contains("source maps at the filled bins"), "{parts}");
    // What is said to be needed is enough, and a byte less is not.
    assert_eq!(open(&config, Some(needed)).1.limit, Some(needed));
    assert_eq!(refusal(Some(needed - 1)).0, needed);
    // The configuration may say it too; the caller goes before it.
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}optimizer: {{max_memory: 1MiB}}\n")).unwrap();
    assert_eq!(refusal(None).1, 1 << 20);
    assert_eq!(open(&config, Some(needed)).1.limit, Some(needed));
}
