//! What do `fit`, MINOS and `optimize` cost on the regions of the reference data? They are skipped where the data are not.

use benchmarks::{measuring, open, reference_data};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use roi_fit::{Analysis, FitOptions, OptimizeOptions};

/// Name, configuration, and whether it is quick enough for a test.
const FITS: [(&str, &str, bool); 5] = [
    ("fermitools-roi, 10 free", "fermitools-roi/config_edisp0.yaml", false),
    ("fermitools-roi, 44 free", "fermitools-roi/config_allfree_edisp0.yaml", false),
    ("Galactic centre A, 9 free", "gc-3fhl-srcmaps/config_fitA.yaml", false),
    ("Galactic centre C, 33 free", "gc-3fhl-srcmaps/config_fitC.yaml", false),
    ("Galactic centre A at 0.1 deg", "gc-3fhl-srcmaps-small/config_fitA.yaml", true),
];

#[expect(clippy::expect_used, reason = "a benchmark without its region has nothing to say")]
fn real_regions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("real regions");
    group.sample_size(10);
    for (name, file, quick) in FITS {
        let Some(config) = reference_data(file).filter(|_| quick || measuring()) else { continue };
        let (roi, likelihood) = open(&config).expect("the region");
        let analysis = || Analysis::new(roi.clone(), likelihood.clone()).expect("the region");
        let mut options = FitOptions::default();
        options.update = false;
        let mut fits = vec![("NEWTON", false), ("MINUIT", false), ("NEWMINUIT", false)];
        if name == "fermitools-roi, 10 free" {
            fits.push(("MINUIT", true));
        }
        for (optimizer, minos) in fits {
            options.optimizer = optimizer.into();
            options.minos = minos;
            let with = if minos { " and MINOS" } else { "" };
            group.bench_function(format!("fit: {name}, {optimizer}{with}"), |b| {
                b.iter_batched(
                    analysis,
                    |mut analysis| {
                        let result = analysis.fit(&options).expect("fit");
                        assert!(result.fit_success && result.fit_quality == 3, "{}", result.message);
                        result
                    },
                    BatchSize::LargeInput,
                );
            });
        }
        // The models of one region differ in what is free, which `optimize` chooses itself.
        if name.contains("10 free") || name.contains("Galactic centre A") {
            group.bench_function(format!("optimize: {name}"), |b| {
                b.iter_batched(
                    analysis,
                    |mut analysis| analysis.optimize(&OptimizeOptions::default()).expect("optimize"),
                    BatchSize::LargeInput,
                );
            });
        }
    }
}

criterion_group!(benches, real_regions);
criterion_main!(benches);
