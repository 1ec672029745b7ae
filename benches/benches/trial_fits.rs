//! What do 64 fits of the same data cost, one after the other and side by side? Each is of a region with the norm of a source moved.

use std::hint::black_box;

use benchmarks::built_in;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rayon::prelude::*;
use roi_fit::{FitOptions, Quiet, Session};

const TRIALS: usize = 64;

/// `logL` of a fit that begins elsewhere.
#[expect(clippy::expect_used, reason = "a benchmark without its region has nothing to say")]
fn trial(session: &Session, options: &FitOptions, number: usize) -> f64 {
    let mut session = session.clone();
    let mut values = session.roi().free_values();
    let moved = number % values.len();
    values[moved] *= 1.0 + 1e-3 * number as f64;
    session.roi_mut().set_free_values(&values).expect("a value within its bounds");
    roi_fit::fit(&mut session, options, &mut Quiet).expect("fit").loglike
}

#[expect(clippy::expect_used, reason = "a benchmark without its region has nothing to say")]
fn trial_fits(criterion: &mut Criterion) {
    let (roi, data) = built_in().expect("the built-in region");
    let mut session = Session::new(roi, data).on_one_thread();
    // What is fixed is summed once, and shared by all trials.
    session.loglike().expect("the built-in region");
    let mut options = FitOptions::default();
    options.optimizer = "NEWTON".into();
    let mut group = criterion.benchmark_group(format!("{TRIALS} trial fits"));
    group.sample_size(10);
    group.throughput(Throughput::Elements(TRIALS as u64));
    let serial = || (0..TRIALS).map(|number| trial(&session, &options, number)).collect::<Vec<f64>>();
    group.bench_function("one after the other", |b| b.iter(|| black_box(serial())));
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let side_by_side =
            || (0..TRIALS).into_par_iter().map(|number| trial(&session, &options, number)).collect::<Vec<f64>>();
        assert_eq!(pool.install(side_by_side), serial(), "the same bits");
        group.bench_function(format!("from a pool of {threads}"), |b| {
            b.iter(|| pool.install(|| black_box(side_by_side())));
        });
    }
    group.finish();
}

criterion_group!(benches, trial_fits);
criterion_main!(benches);
