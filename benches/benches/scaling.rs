//! How do the times grow with the number of filled bins, and with the number of free sources? Four sizes of each, and a table at the end.

use std::hint::black_box;
use std::time::Instant;

use benchmarks::{measuring, simulated};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use likelihood_core::{Data, Workspace};
use ndarray::Array2;
use roi_fit::{Analysis, FitOptions, Pars};
use roi_model::Roi;
use roi_simulate::SimulationOptions;

/// Pixels on a side: each region has twice the pixels of the one before.
const SIDES: [usize; 4] = [50, 71, 100, 141];
/// Free sources, of those in the largest of these regions.
const FREE: [usize; 4] = [5, 10, 20, 40];
/// Free sources while the pixels change, pixels on a side while the free sources change.
const CONSTANT: (usize, usize) = (10, 100);

fn scaling(criterion: &mut Criterion) {
    let (sides, free, side) = if measuring() { (&SIDES[..], &FREE[..], CONSTANT.1) } else { (&[20][..], &[3][..], 20) };
    let mut table =
        vec![format!("{:>12}{:>8}{:>14}{:>14}{:>14}", "filled bins", "free", "gradient, ms", "Hessian, ms", "fit, ms")];
    for &side in sides {
        let (roi, likelihood) = region(side, CONSTANT.0);
        measure(criterion, "filled bins", &roi, &likelihood, &mut table);
    }
    for &free in free {
        let (roi, likelihood) = region(side, free);
        measure(criterion, "free sources", &roi, &likelihood, &mut table);
    }
    tell(&table);
}

#[expect(clippy::print_stderr, reason = "Criterion's own report has no table")]
fn tell(table: &[String]) {
    eprintln!("medians:\n{}", table.join("\n"));
}

/// A region whose `free` sources with the most predicted counts have free norms, and nothing else is free.
#[expect(clippy::expect_used, reason = "a benchmark without its region has nothing to say")]
fn region(side: usize, free: usize) -> (Roi, Data) {
    let options = SimulationOptions::default().with_npix(side).with_sources(40);
    let (roi, likelihood) = simulated(&options).expect("the region");
    let mut analysis = Analysis::new(roi, likelihood).expect("the region");
    let mut bright: Vec<(f64, String)> = analysis
        .all_properties()
        .expect("the region")
        .into_iter()
        .map(|(name, properties)| (properties.npred, name))
        .collect();
    bright.sort_by(|a, b| b.0.total_cmp(&a.0));
    analysis.fix_all().expect("the region");
    for (_, name) in bright.iter().take(free) {
        analysis.free_source(name, true, &Pars::Norm).expect("the region");
    }
    (analysis.roi().clone(), analysis.likelihood().clone())
}

#[expect(clippy::expect_used, reason = "a benchmark without its region has nothing to say")]
fn measure(criterion: &mut Criterion, what: &str, roi: &Roi, likelihood: &Data, table: &mut Vec<String>) {
    let filled: usize = likelihood.components().iter().map(likelihood_core::ComponentData::n_filled).sum();
    let n = roi.free_parameters().len();
    let mut group = criterion.benchmark_group(format!("scaling with {what}"));
    group.sample_size(10);
    group.throughput(Throughput::Elements(filled as u64));
    let id = |name: &str| BenchmarkId::new(name, format!("{filled} filled bins, {n} free"));

    let mut work = Workspace::new(likelihood, roi, &[]).expect("the region");
    let values = roi.free_values();
    let (mut gradient, mut hessian) = (vec![0.0; n], Array2::zeros((n, n)));
    let mut medians = Vec::new();
    let mut pass = || black_box(likelihood.gradient(&values, &mut work, &mut gradient).expect("gradient"));
    group.bench_function(id("value and gradient"), |b| b.iter(&mut pass));
    medians.push(median_ms(50, || {
        black_box(pass());
    }));
    let mut pass = || black_box(likelihood.hessian(&values, &mut work, &mut gradient, &mut hessian).expect("Hessian"));
    group.bench_function(id("value, gradient and Hessian"), |b| b.iter(&mut pass));
    medians.push(median_ms(50, || {
        black_box(pass());
    }));

    let mut options = FitOptions::default();
    options.update = false;
    let analysis = || Analysis::new(roi.clone(), likelihood.clone()).expect("the region");
    let fit = |mut analysis: Analysis| {
        let result = analysis.fit(&options).expect("fit");
        assert!(result.fit_success, "{}", result.message);
        result
    };
    group.bench_function(id("fit"), |b| b.iter_batched(analysis, fit, BatchSize::LargeInput));
    let mut waiting: Vec<_> = (0..repeats(10)).map(|_| analysis()).collect();
    medians.push(median_ms(10, || drop(waiting.pop().map(fit))));
    group.finish();
    table.push(format!("{filled:>12}{n:>8}{:>14.3}{:>14.3}{:>14.2}", medians[0], medians[1], medians[2]));
}

/// How often something runs: once in a test.
fn repeats(measured: usize) -> usize {
    if measuring() { measured } else { 1 }
}

/// The median time of a few runs, milliseconds.
fn median_ms(runs: usize, mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..repeats(runs))
        .map(|_| {
            let clock = Instant::now();
            run();
            1e3 * clock.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

criterion_group!(benches, scaling);
criterion_main!(benches);
