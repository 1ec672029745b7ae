//! What does it cost to open a region: configuration, model, counts, source maps?

use std::path::Path;

use benchmarks::{measuring, reference_data};
use criterion::{Criterion, criterion_group, criterion_main};
use roi_fit::Analysis;
use roi_simulate::{SimulationOptions, simulate};

#[expect(clippy::expect_used, reason = "a benchmark without its region has nothing to say")]
fn loading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("loading");
    group.sample_size(10);
    let mut open = |name: &str, config: &Path| {
        group.bench_function(name, |b| b.iter(|| Analysis::open(config).expect("the region")));
    };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let npix = if measuring() { 100 } else { 20 };
    let options = SimulationOptions::default().with_npix(npix);
    let config = simulate(&options).and_then(|region| region.write(directory.path())).expect("the region");
    open(&format!("simulated, 20 sources, {npix} x {npix} x 30"), &config);
    for (name, file) in [
        ("fermitools-roi, gzip", "fermitools-roi/config_edisp0.yaml"),
        ("Galactic centre, gzip", "gc-3fhl-srcmaps/config_fitA.yaml"),
    ] {
        if let Some(config) = reference_data(file).filter(|_| measuring()) {
            open(name, &config);
        }
    }
}

criterion_group!(benches, loading);
criterion_main!(benches);
