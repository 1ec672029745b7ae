//! How long does it take to build the model of a region from a catalog: 10 degrees around the Galactic centre out of 4FGL-DR2?

use std::hint::black_box;
use std::path::PathBuf;

use criterion::{Criterion, criterion_group, criterion_main};
use lat_dataset::Config;

#[expect(clippy::expect_used, reason = "a benchmark without its region has nothing to say")]
#[expect(clippy::print_stderr, reason = "the size of the region belongs to its times")]
fn region(criterion: &mut Criterion) {
    let root = std::env::var_os("ROI_FIT_TEST_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")), PathBuf::from);
    let catalog = root.join("catalogs/gll_psc_v27.fit.gz");
    if !catalog.exists() {
        eprintln!("SKIPPED: {} is absent (set ROI_FIT_TEST_DATA)", catalog.display());
        return;
    }
    let text =
        format!("selection: {{glon: 0, glat: 0}}\nmodel: {{catalogs: ['{}'], src_radius: 10}}", catalog.display());
    let build = || {
        let config = Config::parse("config.yaml".as_ref(), &text).expect("a configuration");
        lat_dataset::build_region(&config).expect("a region").roi
    };
    eprintln!("{} sources", build().sources().len());
    let mut group = criterion.benchmark_group("region");
    group.sample_size(10);
    group.bench_function("4FGL-DR2, 10 degrees around the Galactic centre", |b| b.iter(|| black_box(build())));
    group.finish();
}

criterion_group!(benches, region);
criterion_main!(benches);
