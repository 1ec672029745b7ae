//! What do `fit` and `optimize` cost on the built-in region?

use benchmarks::built_in;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use roi_fit::{Analysis, FitOptions, OptimizeOptions};

#[expect(clippy::expect_used, reason = "a benchmark without its region has nothing to say")]
fn fit(criterion: &mut Criterion) {
    let (roi, likelihood) = built_in().expect("the built-in region");
    let analysis = || Analysis::new(roi.clone(), likelihood.clone()).expect("the built-in region");
    let mut group = criterion.benchmark_group("fit");
    group.sample_size(10);
    for optimizer in ["NEWTON", "MINUIT"] {
        for update in [false, true] {
            let mut options = FitOptions::default();
            options.optimizer = optimizer.into();
            options.update = update;
            let name = if update { format!("{optimizer}, TS and fluxes") } else { optimizer.to_owned() };
            group.bench_function(name, |b| {
                b.iter_batched(
                    analysis,
                    |mut analysis| {
                        let result = analysis.fit(&options).expect("fit");
                        assert!(result.fit_success, "{}", result.message);
                        result
                    },
                    BatchSize::LargeInput,
                );
            });
        }
    }
    for optimizer in ["NEWTON", "MINUIT"] {
        let mut options = OptimizeOptions::default();
        options.fit.optimizer = optimizer.into();
        group.bench_function(format!("optimize, {optimizer}"), |b| {
            b.iter_batched(
                analysis,
                |mut analysis| analysis.optimize(&options).expect("optimize"),
                BatchSize::LargeInput,
            );
        });
    }
}

criterion_group!(benches, fit);
criterion_main!(benches);
