//! Fits a peak on a falling background to a histogram: Poisson likelihood, bounds, parabolic and MINOS errors, a
//! contour. Run it with `cargo run --example histogram -p optimizers`.

use optimizers::{Derivatives, EvalError, Explorer, Objective, Options, Parameter, Problem, Silent, optimizer};

/// Counts in bins of unit width.
const COUNTS: [f64; 20] = [
    52.0, 44.0, 48.0, 35.0, 37.0, 31.0, 33.0, 28.0, 35.0, 47.0, 58.0, 49.0, 30.0, 22.0, 15.0, 18.0, 11.0, 13.0, 10.0,
    9.0,
];

/// -ln L, with its gradient; the constant ln n! is left out.
struct PeakOnBackground;

impl PeakOnBackground {
    /// Expected counts in a bin and their derivatives: background at 0, its slope, counts in the peak, its position.
    fn expected(x: &[f64], bin: usize) -> (f64, [f64; 4]) {
        const WIDTH: f64 = 1.2;
        let t = bin as f64 + 0.5;
        let background = (-x[1] * t).exp();
        let shift = (t - x[3]) / WIDTH;
        let peak = (-0.5 * shift * shift).exp() / (WIDTH * (2.0 * std::f64::consts::PI).sqrt());
        let expected = x[0] * background + x[2] * peak;
        (expected, [background, -t * x[0] * background, peak, x[2] * peak * shift / WIDTH])
    }
}

impl Objective for PeakOnBackground {
    fn dim(&self) -> usize {
        4
    }

    fn derivatives(&self) -> Derivatives {
        Derivatives::Gradient
    }

    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
        // A logarithm of nothing is NaN or infinite: the optimizer steps back from there.
        let term = |(bin, n): (usize, &f64)| {
            let (m, _) = Self::expected(x, bin);
            m - n * m.ln()
        };
        Ok(COUNTS.iter().enumerate().map(term).sum())
    }

    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        gradient.fill(0.0);
        for (bin, n) in COUNTS.iter().enumerate() {
            let (m, slopes) = Self::expected(x, bin);
            for (g, slope) in gradient.iter_mut().zip(slopes) {
                *g += (1.0 - n / m) * slope;
            }
        }
        self.value(x)
    }
}

fn main() -> Result<(), optimizers::Error> {
    let problem = Problem::new(vec![
        Parameter::new("background", 30.0).with_bounds(0.0, 1e3),
        Parameter::new("slope", 0.0),
        Parameter::new("peak counts", 10.0).with_bounds(0.0, 1e4),
        Parameter::new("peak position", 9.0).with_bounds(5.0, 15.0),
    ])?;
    let mut objective = PeakOnBackground;
    let minimum = optimizer("MINUIT")?.minimize(&mut objective, &problem, &Options::default(), &mut Silent)?;
    report(&format!("{}; quality {}; {} calls", minimum.status, minimum.quality, minimum.calls.total()));

    let mut explorer = Explorer::new(&mut objective, &problem, &minimum)?;
    for (i, parameter) in problem.parameters().iter().enumerate() {
        let minos = explorer.minos(i, &mut Silent)?;
        report(&format!(
            "{:14} {:9.4} ± {:7.4}   MINOS {:+8.4} {:+8.4}",
            parameter.name(),
            minimum.values[i],
            minimum.errors[i],
            minos.lower.error,
            minos.upper.error
        ));
    }
    let contour = explorer.with_rise(2.30)?.contour(2, 3, 8, &mut Silent)?;
    report("68 % contour of the peak's counts and position:");
    for point in contour {
        report(&format!("  {:8.3} {:7.3}", point.x, point.y));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn report(line: &str) {
    println!("{line}");
}
