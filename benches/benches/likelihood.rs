//! What does one evaluation of the likelihood cost, and how far is it from the time to read its templates once?
//!
//! Three regions: the built-in one, that of the reference data, and one that no cache holds. The floor is the time in which the same number of
//! bytes is read once from the main memory; for the regions that a cache holds, the time to read them from there stands beside it.

use std::hint::black_box;

use benchmarks::{Memory, built_in, measuring, open, reference_data, simulated};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use likelihood_core::{Data, Workspace};
use ndarray::Array2;
use rayon::ThreadPool;
use rayon::prelude::*;
use roi_model::Roi;
use roi_simulate::SimulationOptions;

#[expect(clippy::expect_used, reason = "a benchmark without its region has nothing to say")]
fn likelihood(criterion: &mut Criterion) {
    let mut regions = vec![("built-in", built_in().expect("the built-in region"))];
    if let Some(config) = reference_data("fermitools-roi/config_edisp0.yaml") {
        regions.push(("fermitools", open(&config).expect("the reference region")));
    }
    if measuring() {
        let options = SimulationOptions::default().with_npix(200).with_ebins(37).with_sources(30).with_years(20.0);
        let (mut roi, likelihood) = simulated(&options).expect("the large region");
        for source in roi.sources_mut() {
            if let Some(norm) = source.spectrum().norm_index() {
                source.spectrum_mut().parameters_mut()[norm].set_free(true);
            }
        }
        regions.push(("large", (roi, likelihood)));
    }
    let mut memory = Memory::new(measuring());
    for (name, (roi, likelihood)) in &regions {
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let mut group = criterion.benchmark_group(format!("likelihood/{name}/{threads} threads"));
            measure(&mut group, &pool, roi, likelihood, &mut memory);
        }
    }
}

#[expect(clippy::expect_used, reason = "a benchmark that cannot evaluate has nothing to say")]
#[expect(clippy::print_stderr, reason = "the size of the region belongs to its times")]
fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    pool: &ThreadPool,
    roi: &Roi,
    likelihood: &Data,
    memory: &mut Memory,
) {
    let n = roi.free_parameters().len();
    let free_sources = roi.sources().iter().filter(|source| source.is_free()).count();
    let filled: usize = likelihood.components().iter().map(likelihood_core::ComponentData::n_filled).sum();
    let mut work = Workspace::new(likelihood, roi, &[]).expect("the region");
    let values = roi.free_values();
    let bytes = likelihood.bytes_per_pass(&work).expect("the region");
    eprintln!("{filled} filled bins, {free_sources} free sources, {n} free parameters, {bytes} bytes a pass");
    group.throughput(Throughput::Bytes(bytes as u64));
    let own = vec![1_u64; bytes / 8];
    let sum = |chunk: &[u64]| chunk.iter().fold(0, |sum: u64, &x| sum.wrapping_add(x));
    group.bench_function("floor: read as many bytes from memory", |b| {
        b.iter(|| pool.install(|| black_box(memory.read(bytes))));
    });
    group.bench_function("read the same bytes again", |b| {
        b.iter(|| pool.install(|| black_box(&own).par_chunks(1 << 14).map(sum).reduce(|| 0, u64::wrapping_add)));
    });
    group.bench_function("value", |b| {
        b.iter(|| pool.install(|| likelihood.value(black_box(&values), &mut work).expect("value")));
    });
    let mut gradient = vec![0.0; n];
    group.bench_function("value and gradient", |b| {
        b.iter(|| {
            pool.install(|| likelihood.gradient(black_box(&values), &mut work, &mut gradient).expect("gradient"))
        });
    });
    let mut hessian = Array2::zeros((n, n));
    group.bench_function("value, gradient and Hessian", |b| {
        b.iter(|| {
            pool.install(|| {
                likelihood.hessian(black_box(&values), &mut work, &mut gradient, &mut hessian).expect("Hessian")
            })
        });
    });
}

criterion_group!(benches, likelihood);
criterion_main!(benches);
