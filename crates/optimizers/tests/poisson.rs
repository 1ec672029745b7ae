//! Binned Poisson likelihoods with bounds, from random starts: the right minimum every time, and never a false claim.

mod support;

use ndarray::Array2;
use optimizers::{
    Derivatives, EvalError, FitQuality, Minimum, Objective, Options, Problem, Status, Strategy, registry,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use support::{Exact, Formula, Number, OFFERS, bounded, fit, minimize};

/// A curved falling background and two lines in 40 bins; `offset` puts the value of interest at a few 1e4.
struct Histogram {
    counts: Vec<f64>,
    offset: f64,
}

const BINS: usize = 40;
const TRUTH: [f64; 5] = [60.0, 0.8, 150.0, 0.0, 0.1];
const BOUNDS: [(f64, f64); 5] = [(0.0, 1e4), (-3.0, 5.0), (0.0, 1e5), (0.0, 1e3), (-2.0, 2.0)];

/// Background norm and slope, norm of a line at 5, norm of a line at 7.5, background curvature.
fn model<D: Number>(x: &[D], bin: usize) -> D {
    let energy = (bin as f64 + 0.5) * 10.0 / BINS as f64;
    let line = |at: f64| (-((at - energy) / 0.5).powi(2) * 0.5).exp();
    let u = energy / 5.0;
    x[0] * (-(x[1] * u + x[4] * u * u)).exp() + x[2] * (0.1 * line(5.0)) + x[3] * (0.1 * line(7.5))
}

impl Formula for Histogram {
    fn dim(&self) -> usize {
        5
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        let mut sum = D::from(self.offset);
        for (bin, n) in self.counts.iter().enumerate() {
            let m = model(x, bin);
            sum = sum + m - m.ln() * *n;
        }
        sum
    }
}

/// Counts near the model's own, with a deficit at 7.5 that drives the second line's norm to zero.
fn histogram(offset: f64) -> Histogram {
    let mut rng = StdRng::seed_from_u64(5);
    let counts = (0..BINS)
        .map(|bin| {
            let m = model(&TRUTH, bin);
            let sum: f64 = (0..12).map(|_| rng.random_range(-0.5..0.5)).sum();
            let deficit = if (28..32).contains(&bin) { 0.7 } else { 1.0 };
            (deficit * m + sum * m.sqrt()).round().max(0.0)
        })
        .collect();
    Histogram { counts, offset }
}

fn start(rng: &mut StdRng) -> [f64; 5] {
    [
        rng.random_range(5.0..300.0),
        rng.random_range(-0.5..2.5),
        rng.random_range(1.0..1000.0),
        rng.random_range(0.0..200.0),
        rng.random_range(-0.5..0.5),
    ]
}

fn reference(offset: f64) -> Minimum {
    let problem = bounded(&TRUTH, &BOUNDS);
    fit("NEWTON", histogram(offset), Derivatives::Hessian, &problem, &Options::default())
}

fn distance(m: &Minimum, truth: &Minimum) -> f64 {
    (0..5).map(|i| ((m.values[i] - truth.values[i]) / truth.errors[i]).abs()).fold(0.0, f64::max)
}

#[test]
fn newton_is_exact_and_quick() {
    let truth = reference(0.0);
    assert_eq!((truth.quality, truth.at_limit.as_slice()), (FitQuality::Accurate, &[3][..]), "{truth:?}");
    let mut rng = StdRng::seed_from_u64(1);
    let mut hessians = 0;
    for _ in 0..300 {
        let problem = bounded(&start(&mut rng), &BOUNDS);
        let m = fit("NEWTON", histogram(0.0), Derivatives::Hessian, &problem, &Options::default());
        assert_eq!(m.quality, FitQuality::Accurate, "{m:?}");
        assert!((m.fval - truth.fval).abs() < 1e-7 && distance(&m, &truth) < 1e-4, "{m:?}");
        // The search itself; that one norm is on its bound costs a second look.
        let searched = Options::default().with_second_look(false);
        let searched = fit("NEWTON", histogram(0.0), Derivatives::Hessian, &problem, &searched);
        assert!(searched.calls.hessians <= 20 && m.calls.total() <= 60, "{:?} {:?}", searched.calls, m.calls);
        hessians += searched.calls.hessians;
        for (e, t) in m.errors.iter().zip(&truth.errors) {
            assert!((e / t - 1.0).abs() < 1e-3, "{:?} {:?}", m.errors, truth.errors);
        }
    }
    assert!(hessians <= 300 * 10, "{} Hessians a fit", f64::from(u32::try_from(hessians).unwrap_or(u32::MAX)) / 300.0);
}

/// 300 starts, all strategies, all kinds of derivatives.
#[test]
fn minuit_finds_the_minimum_from_every_start() {
    let truth = reference(0.0);
    for strategy in [Strategy::Fast, Strategy::Normal, Strategy::Careful] {
        for offers in OFFERS {
            let mut rng = StdRng::seed_from_u64(2);
            let options = Options::default().with_strategy(strategy);
            let mut calls = 0;
            for k in 0..300 {
                let from = start(&mut rng);
                let m = fit("MINUIT", histogram(0.0), offers, &bounded(&from, &BOUNDS), &options);
                let who = format!("{strategy:?} {offers:?} {k} from {from:?}: {m:?}\n {truth:?}");
                assert_eq!((m.quality, m.status), (FitQuality::Accurate, Status::Converged), "{who}");
                assert!(m.fval - truth.fval < 1e-3 && distance(&m, &truth) < 0.05, "{who}");
                for (e, t) in m.errors.iter().zip(&truth.errors) {
                    assert!((e / t - 1.0).abs() < 1e-2, "{who}");
                }
                assert_eq!(m.at_limit, [3], "{who}");
                calls += m.calls.total();
            }
            println!("MINUIT {strategy:?} {offers:?}: {} calls a fit", calls / 300);
        }
    }
}

/// With an offset of 5e4 the values' rounding hides the last steps; derivatives still show them.
#[test]
fn a_tight_tolerance_brings_minuit_as_near_as_newton() {
    let truth = reference(5e4);
    for offers in [Derivatives::Gradient, Derivatives::Hessian] {
        let mut rng = StdRng::seed_from_u64(3);
        for _ in 0..50 {
            let problem = bounded(&start(&mut rng), &BOUNDS);
            let m = fit("MINUIT", histogram(5e4), offers, &problem, &Options::default().with_tol(1e-8));
            assert_eq!(m.quality, FitQuality::Accurate, "{m:?}");
            assert!((m.fval - truth.fval).abs() < 1e-7 && distance(&m, &truth) < 1e-4, "{m:?}");
            for (e, t) in m.errors.iter().zip(&truth.errors) {
                assert!((e / t - 1.0).abs() < 1e-3, "{:?} {:?}", m.errors, truth.errors);
            }
        }
    }
}

#[test]
fn every_optimizer_finds_it() {
    let truth = reference(0.0);
    for name in registry().names() {
        for offers in OFFERS {
            let mut rng = StdRng::seed_from_u64(4);
            for _ in 0..20 {
                let problem: Problem = bounded(&start(&mut rng), &BOUNDS);
                let m = fit(name, histogram(0.0), offers, &problem, &Options::default());
                assert_eq!(m.quality, FitQuality::Accurate, "{name} {offers:?} {m:?}");
                assert!(distance(&m, &truth) < 0.05, "{name} {offers:?} {m:?}");
            }
        }
    }
}

/// A likelihood whose value and gradient carry the rounding of a sum over millions of bins.
struct Noisy(Exact<Histogram>);

/// Reproducible noise in [-1, 1].
fn noise(x: &[f64], salt: u64) -> f64 {
    let hash = x.iter().fold(salt, |h, v| (h ^ v.to_bits()).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29));
    (hash >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

impl Objective for Noisy {
    fn dim(&self) -> usize {
        5
    }
    fn derivatives(&self) -> Derivatives {
        self.0.offers
    }
    fn precision(&self) -> f64 {
        1e-11
    }
    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
        Ok(self.0.value(x)? * (1.0 + 1e-11 * noise(x, 1)))
    }
    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        let f = self.0.gradient(x, gradient)?;
        for (i, g) in gradient.iter_mut().enumerate() {
            *g += 1e-11 * (g.abs() + 1e4) * noise(x, 2 + i as u64) / [10.0, 0.1, 100.0, 10.0, 0.1][i];
        }
        Ok(f * (1.0 + 1e-11 * noise(x, 1)))
    }
    fn hessian(&mut self, x: &[f64], gradient: &mut [f64], hessian: &mut Array2<f64>) -> Result<f64, EvalError> {
        self.0.hessian(x, gradient, hessian)?;
        self.gradient(x, gradient)
    }
}

#[test]
fn rounding_noise_of_a_large_likelihood_does_no_harm() {
    let truth = reference(5e4);
    for (name, tolerance) in [("MINUIT", 1e-3), ("MINUIT", 1e-8), ("NEWTON", 1e-3), ("LBFGS", 1e-3), ("DRMNGB", 1e-3)] {
        for offers in [Derivatives::Gradient, Derivatives::Hessian] {
            let mut rng = StdRng::seed_from_u64(6);
            let bar = if name == "NEWTON" || tolerance < 1e-3 { 1e-4 } else { 1e-2 };
            for _ in 0..30 {
                let problem = bounded(&start(&mut rng), &BOUNDS);
                let mut objective = Noisy(Exact::new(histogram(5e4), offers).within(&problem));
                let m = minimize(name, &mut objective, &problem, &Options::default().with_tol(tolerance));
                let who = format!("{name} {tolerance} {offers:?} {m:?}");
                assert_eq!(m.quality, FitQuality::Accurate, "{who}");
                assert!(distance(&m, &truth) < bar, "{} {who}", distance(&m, &truth));
                assert!(m.calls.total() < 400, "{who}");
                for (e, t) in m.errors.iter().zip(&truth.errors) {
                    assert!((e / t - 1.0).abs() < 1e-3, "{} {who} {:?}", distance(&m, &truth), truth.errors);
                }
            }
        }
    }
}
