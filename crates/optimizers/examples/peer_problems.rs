//! Minimises the Moré-Garbow-Hillstrom problems with MINUIT, with and without gradients, and writes the results as JSON
//! lines, for a comparison with other programs: see `benches/peers/compare_iminuit.py`.

#[path = "../tests/support/mod.rs"]
mod support;

use optimizers::{Derivatives, Explorer, FitQuality, Options, Silent, optimizer};
use serde_json::json;
use std::time::Instant;
use support::Exact;
use support::classics::cases;

/// Rise that marks one standard deviation: small, so that the problems are nearly quadratic over it.
const ERROR_DEFINITION: f64 = 1e-4;
/// The estimated distance to the minimum at which a fit ends, in error definitions.
const DISTANCE: f64 = 2e-8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let minuit = optimizer("MINUIT")?;
    let options = Options::default().with_tol(0.25 * DISTANCE).with_max_calls(100_000).with_max_iterations(100_000);
    for case in cases() {
        let problem = case.problem.clone().with_error_definition(ERROR_DEFINITION)?;
        for offers in [Derivatives::None, Derivatives::Gradient] {
            let mut objective = Exact::new(case.classic, offers).within(&problem);
            let started = Instant::now();
            let minimum = minuit.minimize(&mut objective, &problem, &options, &mut Silent)?;
            let seconds = started.elapsed().as_secs_f64();
            let mut minos = Vec::new();
            if minimum.quality == FitQuality::Accurate {
                let mut explorer = Explorer::new(&mut objective, &problem, &minimum)?;
                for i in 0..minimum.values.len() {
                    let errors = explorer.minos(i, &mut Silent)?;
                    minos.push(json!([errors.lower.error, errors.upper.error, errors.is_valid()]));
                }
            }
            let bounds: Vec<_> = problem.parameters().iter().map(|p| [finite(p.lower()), finite(p.upper())]).collect();
            let line = json!({
                "name": case.classic.0,
                "start": problem.parameters().iter().map(optimizers::Parameter::value).collect::<Vec<_>>(),
                "bounds": bounds,
                "error_definition": ERROR_DEFINITION,
                "distance": DISTANCE,
                "gradient": offers == Derivatives::Gradient,
                "minima": case.minima,
                "values": minimum.values,
                "errors": minimum.errors,
                "minos": minos,
                "fval": minimum.fval,
                "quality": u8::from(minimum.quality),
                "at_limit": minimum.at_limit,
                "calls": minimum.calls.total(),
                "seconds": seconds,
            });
            show(&line.to_string());
        }
    }
    Ok(())
}

fn finite(bound: f64) -> Option<f64> {
    bound.is_finite().then_some(bound)
}

#[expect(clippy::print_stdout, reason = "the lines are what this program is for")]
fn show(line: &str) {
    println!("{line}");
}
