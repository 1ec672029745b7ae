//! What does one evaluation of the likelihood cost, and how far is it from the time to read its templates once?

use std::hint::black_box;

use benchmarks::built_in;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;
use rayon::prelude::*;

#[expect(clippy::expect_used, reason = "a benchmark without its region has nothing to say")]
#[expect(clippy::print_stderr, reason = "the size of the region belongs to its times")]
fn likelihood(criterion: &mut Criterion) {
    let (roi, likelihood) = built_in().expect("the built-in region");
    let n = roi.free_parameters().len();
    let free_sources = roi.sources().iter().filter(|source| source.is_free()).count();
    let filled: usize = likelihood.components().iter().map(likelihood_core::BinnedLikelihood::n_filled).sum();
    // Per filled bin: the counts (4 bytes), the fixed sources' model (8) and two planes of every free source (8).
    let bytes = filled * (12 + 8 * free_sources);
    eprintln!("{filled} filled bins, {free_sources} free sources, {n} free parameters, {bytes} bytes a pass");

    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let mut group = criterion.benchmark_group(format!("likelihood/{threads} threads"));
        group.throughput(Throughput::Bytes(bytes as u64));

        // Sums of whole numbers vectorise, so that reading is all that this costs.
        let stream = vec![1_u64; bytes / 8];
        let sum = |chunk: &[u64]| chunk.iter().fold(0, |sum: u64, &x| sum.wrapping_add(x));
        group.bench_function("floor: read the same bytes once", |b| {
            b.iter(|| pool.install(|| black_box(&stream).par_chunks(1 << 14).map(sum).reduce(|| 0, u64::wrapping_add)));
        });
        let mut like = likelihood.clone();
        group.bench_function("value", |b| b.iter(|| pool.install(|| like.value(black_box(&roi)).expect("value"))));
        let mut gradient = vec![0.0; n];
        group.bench_function("value and gradient", |b| {
            b.iter(|| pool.install(|| like.gradient(black_box(&roi), &mut gradient).expect("gradient")));
        });
        let mut hessian = Array2::zeros((n, n));
        group.bench_function(BenchmarkId::new("value, gradient and Hessian", n), |b| {
            b.iter(|| pool.install(|| like.hessian(black_box(&roi), &mut gradient, &mut hessian).expect("Hessian")));
        });
    }
}

criterion_group!(benches, likelihood);
criterion_main!(benches);
