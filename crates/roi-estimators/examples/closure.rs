//! Closed tests of positions and widths with many draws: `cargo run --release -p roi-estimators --example closure -- 500`.

#![expect(clippy::unwrap_used, reason = "clippy takes the shared code for library code")]
#![expect(clippy::print_stdout, reason = "a program that prints")]

#[path = "../tests/support/closure.rs"]
mod closure;

use closure::{Truth, extended, localized};
use roi_estimators::TrialShape;

fn told(what: &str, pulls: &[f64]) {
    let n = pulls.len() as f64;
    let mean = pulls.iter().sum::<f64>() / n;
    let rms = (pulls.iter().map(|pull| (pull - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    println!(
        "{what}: {} pulls, mean {mean:.4} +- {:.4}, width {rms:.4} +- {:.4}",
        pulls.len(),
        rms / n.sqrt(),
        rms / (2.0 * n).sqrt()
    );
}

fn main() {
    let n: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100);
    let truth = Truth::new(TrialShape::Point, 0.0, 1.0);
    let found: Vec<_> = (1..=n).map(|seed| localized(&truth, seed)).collect();
    told("east", &found.iter().map(|(pulls, _)| pulls[0]).collect::<Vec<_>>());
    told("north", &found.iter().map(|(pulls, _)| pulls[1]).collect::<Vec<_>>());
    let covered = found.iter().filter(|(_, is_inside)| *is_inside).count();
    println!("r95 holds {covered} of {n}: {:.2} %", 100.0 * covered as f64 / n as f64);
    let ts: Vec<f64> = (1..=n).map(|seed| extended(&truth, seed, TrialShape::Gaussian).1).collect();
    for (level, expected) in [(0.01, 0.46), (1.0, 0.1587), (2.706, 0.05), (4.0, 0.0228)] {
        let above = ts.iter().filter(|ts| **ts > level).count() as f64 / n as f64;
        println!("ts_ext of points above {level}: {above:.4}, half a chi-square {expected}");
    }
    for (shape, size) in [(TrialShape::Disk, 0.3), (TrialShape::Gaussian, 0.2)] {
        let truth = Truth::new(shape, size, 4.0);
        let pulls: Vec<f64> = (1..=n).map(|seed| extended(&truth, seed, shape).0).collect();
        told(shape.name(), &pulls);
    }
}
