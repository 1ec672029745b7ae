//! Objectives on which a status, an error or a value could be untrue, with the right answer beside.

mod best_point;
mod covariances;
mod hostile;
mod profiles;
mod random_likelihoods;
#[path = "../support/mod.rs"]
mod support;

use ndarray::Array2;
use optimizers::{
    Crossing, Derivatives, EvalError, Explorer, FitQuality, Minimum, Objective, Options, Parameter, Problem, Silent,
    Status, hesse, registry,
};
use proptest::prelude::*;
use support::{Exact, Formula, Number, OFFERS, bounded, fit, minimize, unbounded};

fn everyone(mut check: impl FnMut(&str, Derivatives)) {
    for name in registry().names() {
        for offers in OFFERS {
            check(name, offers);
        }
    }
}

/// A norm x times a shape exp(-y), which no data want; and something measured.
struct NormAndShape;
impl Formula for NormAndShape {
    fn dim(&self) -> usize {
        3
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        x[0] * (-x[1]).exp() * 5.0 + (x[2] - 1.0).powi(2) * 0.5
    }
}

#[test]
fn a_shape_without_effect_is_not_constrained_and_named() {
    everyone(|name, offers| {
        let problem = bounded(&[1.0, 2.0, 0.0], &[(0.0, 1e3), (-1.0, 6.0), (-9.0, 9.0)]);
        let m = fit(name, NormAndShape, offers, &problem, &Options::default());
        assert!(m.quality <= FitQuality::Forced && m.status == Status::Degenerate, "{name} {offers:?} {m:?}");
        assert_eq!((m.values[0], m.at_limit.as_slice()), (0.0, &[0][..]), "{name} {offers:?} {m:?}");
        let told: Vec<&String> = m.warnings.iter().filter(|w| w.contains("does not constrain")).collect();
        assert!(told.iter().any(|w| w.contains("p1")) && !told.iter().any(|w| w.contains("p2")), "{name} {m:?}");
    });
}

/// A source whose norm has no place with the shape that it has: with another one it has. The counts of ten bins are
/// those of a level of 20 and of a line of 200 at 7, but the start has the line at 2.
struct LineElsewhere;
impl Formula for LineElsewhere {
    fn dim(&self) -> usize {
        3
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        (0..10).fold(D::from(0.0), |sum, bin| {
            let at = f64::from(bin);
            let counts = 20.0 + 60.0 * (-0.5 * (at - 7.0) * (at - 7.0)).exp() - 4.0 * f64::from(u8::from(bin < 5));
            let m = x[2] + x[0] * (-(-x[1] + at).powi(2) * 0.5).exp();
            sum + m - m.ln() * counts
        })
    }
}

#[test]
fn another_shape_that_lets_the_norm_rise_is_found() {
    everyone(|name, offers| {
        let problem = bounded(&[1.0, 2.0, 20.0], &[(0.0, 1e3), (0.0, 9.0), (1.0, 1e3)]);
        let m = fit(name, LineElsewhere, offers, &problem, &Options::default());
        assert!((m.values[1] - 7.0).abs() < 0.2 && m.values[0] > 40.0, "{name} {offers:?} {m:?}");
    });
}

/// a (y - sin x)² + 0.01 (x - 20)²: a narrow valley that winds to its minimum at (20, sin 20).
struct Winding(f64);
impl Formula for Winding {
    fn dim(&self) -> usize {
        2
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        (x[1] - x[0].sin()).powi(2) * self.0 + (x[0] - 20.0).powi(2) * 0.01
    }
}

#[test]
fn a_winding_valley_is_never_called_a_minimum_before_its_end() {
    everyone(|name, offers| {
        for stiffness in [1e4, 1e5, 1e7, 1e8] {
            for options in [Options::default(), Options::default().with_max_calls(5_000).with_max_iterations(5_000)] {
                let m = fit(name, Winding(stiffness), offers, &unbounded(&[0.0, 0.0]), &options);
                let claims = m.quality == FitQuality::Accurate || m.status == Status::Converged;
                assert!(!claims || m.fval < 2e-3, "{name} {offers:?} {stiffness:e} {m:?}");
            }
        }
    });
}

#[test]
fn a_limit_that_was_reached_is_never_convergence() {
    everyone(|name, offers| {
        for limit in [1, 3, 10, 100] {
            let options = Options::default().with_max_iterations(limit).with_max_calls(100_000);
            let m = fit(name, Winding(1e4), offers, &unbounded(&[0.0, 0.0]), &options);
            assert!(
                m.quality < FitQuality::Accurate && m.status != Status::Converged,
                "{name} {offers:?} {limit} {m:?}"
            );
        }
    });
}

struct Quartic;
impl Formula for Quartic {
    fn dim(&self) -> usize {
        1
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        x[0].powi(4)
    }
}

/// x⁴ rises by a half at 0.84, but its Hessian vanishes at the minimum.
#[test]
fn near_a_bound_the_rise_is_looked_at_too() {
    everyone(|name, offers| {
        for upper in [10.0, 1e3, 1e6] {
            let m = fit(name, Quartic, offers, &bounded(&[1.0], &[(0.0, upper)]), &Options::default());
            let is_true = (0.4..1.7).contains(&m.errors[0]);
            assert!(m.quality < FitQuality::Accurate || is_true, "{name} {offers:?} {m:?}");
        }
    });
}

/// A parabola around (1, 2) whose gradient is too large by a factor.
struct Exaggerated(f64);
impl Objective for Exaggerated {
    fn dim(&self) -> usize {
        2
    }
    fn derivatives(&self) -> Derivatives {
        Derivatives::Gradient
    }
    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
        Ok(0.5 * ((x[0] - 1.0).powi(2) + (x[1] - 2.0).powi(2)))
    }
    fn gradient(&mut self, x: &[f64], g: &mut [f64]) -> Result<f64, EvalError> {
        (g[0], g[1]) = (self.0 * (x[0] - 1.0), self.0 * (x[1] - 2.0));
        self.value(x)
    }
}

#[test]
fn a_gradient_that_is_not_the_derivative_of_the_value_is_told() {
    for name in registry().names().into_iter().filter(|name| *name != "DRMNFB") {
        for factor in [2.0, 10.0, 100.0, 0.5, 0.01] {
            let m = minimize(name, &mut Exaggerated(factor), &unbounded(&[0.0, 0.0]), &Options::default());
            assert_eq!(m.status, Status::WrongDerivatives, "{name} {factor} {m:?}");
            assert!(m.quality < FitQuality::Accurate, "{name} {factor} {m:?}");
            // Differences of values took their place.
            assert!((m.values[0] - 1.0).abs() < 0.02 && (m.errors[1] - 1.0).abs() < 0.01, "{name} {factor} {m:?}");
        }
    }
}

/// A parabola around 1 whose gradient has the wrong sign.
struct Backwards;
impl Objective for Backwards {
    fn dim(&self) -> usize {
        1
    }
    fn derivatives(&self) -> Derivatives {
        Derivatives::Gradient
    }
    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
        Ok(0.5 * (x[0] - 1.0).powi(2))
    }
    fn gradient(&mut self, x: &[f64], g: &mut [f64]) -> Result<f64, EvalError> {
        g[0] = 1.0 - x[0];
        self.value(x)
    }
}

#[test]
fn a_gradient_of_the_wrong_sign_is_told_on_a_bound() {
    for name in registry().names().into_iter().filter(|name| *name != "DRMNFB") {
        let problem = |start| bounded(&[start], &[(-5.0, 5.0)]);
        let m = minimize(name, &mut Backwards, &problem(5.0), &Options::default());
        assert!(m.quality < FitQuality::Accurate && m.status == Status::WrongDerivatives, "{name} {m:?}");
        assert!((m.values[0] - 1.0).abs() < 0.02, "{name} {m:?}");
        let m = minimize(name, &mut Backwards, &problem(0.0), &Options::default());
        assert!(m.quality < FitQuality::Accurate && m.status != Status::Converged, "{name} {m:?}");
    }
}

/// x² to the right of 0; a multiple of it to the left.
struct Lopsided(f64);
impl Formula for Lopsided {
    fn dim(&self) -> usize {
        1
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        if x[0].re() > 0.0 { x[0] * x[0] } else { x[0] * x[0] * self.0 }
    }
}

#[test]
fn a_rise_to_one_side_only_is_no_parabola() {
    everyone(|name, offers| {
        for left in [0.0, 100.0] {
            let m = fit(name, Lopsided(left), offers, &unbounded(&[3.0]), &Options::default());
            assert!(
                m.quality < FitQuality::Accurate && m.status != Status::Converged,
                "{name} {offers:?} {left} {m:?}"
            );
            assert_ne!(m.status, Status::WrongDerivatives, "{name} {offers:?} {left} {m:?}");
        }
    });
}

/// Exact derivatives, not a parabola anywhere: cosh, a power, a logarithm of few counts.
struct Curved(usize);
impl Formula for Curved {
    fn dim(&self) -> usize {
        2
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        let other = (x[1] - 0.3).powi(2) * 2.0;
        other
            + match self.0 {
                0 => ((x[0] * 30.0).cosh()) * 0.1,
                1 => x[0].powi(4) * 50.0 + x[0].powi(2) * 1e-3,
                2 => x[0] * 1.0 - x[0].ln() * 0.05,
                _ => (x[0] - x[1] * x[1] * 3.0).powi(2) * 300.0,
            }
    }
}

#[test]
fn exact_derivatives_are_never_called_wrong() {
    everyone(|name, offers| {
        for kind in 0..4 {
            let m = fit(
                name,
                Curved(kind),
                offers,
                &bounded(&[0.9, 1.0], &[(1e-9, 5.0), (-5.0, 5.0)]),
                &Options::default(),
            );
            assert_ne!(m.status, Status::WrongDerivatives, "{name} {offers:?} {kind} {m:?}");
            assert!(!m.status.to_string().contains("derivatives"), "{name} {offers:?} {kind} {m:?}");
        }
    });
}

struct OnlyAtTheStart;
impl Objective for OnlyAtTheStart {
    fn dim(&self) -> usize {
        2
    }
    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
        if x == [1.0, 1.0] { Ok(3.0) } else { Err(EvalError::NotFinite) }
    }
}

#[test]
fn a_start_that_stands_alone_keeps_its_value_and_says_where_it_ends() {
    for name in registry().names() {
        let m = minimize(name, &mut OnlyAtTheStart, &unbounded(&[1.0, 1.0]), &Options::default());
        assert_eq!(
            (m.status, m.quality, m.fval),
            (Status::SurroundingsNotFinite, FitQuality::None, 3.0),
            "{name} {m:?}"
        );
        assert!(m.warnings.iter().any(|w| w.contains("p0")), "{name} {m:?}");
    }
}

#[test]
fn equal_bounds_hold_a_fixed_parameter_and_no_free_one() {
    let held = Parameter::new("held", 2.0).with_bounds(2.0, 2.0);
    assert!(Problem::new(vec![held.clone()]).unwrap_err().to_string().contains("fix"));
    let mut problem = Problem::new(vec![Parameter::new("a", 0.0), held.with_fixed(true)]).unwrap();
    assert!(problem.release(1).is_err() && problem.free() == [0]);
    let m = minimize("MINUIT", &mut Exaggerated(1.0), &problem, &Options::default());
    assert_eq!((m.quality, m.values[1], m.errors[1]), (FitQuality::Accurate, 2.0, 0.0), "{m:?}");
}

/// Numbers at the end of the range of doubles.
struct Huge(usize);
impl Objective for Huge {
    fn dim(&self) -> usize {
        2
    }
    fn derivatives(&self) -> Derivatives {
        Derivatives::Gradient
    }
    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
        Ok(match self.0 {
            0 => 5e307 * (x[0] * x[0] + x[1] * x[1] - 1.0),
            1 => 1e300 * x[0].abs().powi(3) + x[1] * 1e-300,
            2 => (x[0] * 5e153).powi(2) - (x[1] * 1e153).powi(2),
            _ => -1e308 + 1e307 * (x[0].sin() + x[1].cos()),
        })
    }
    fn gradient(&mut self, x: &[f64], g: &mut [f64]) -> Result<f64, EvalError> {
        (g[0], g[1]) = match self.0 {
            0 => (1e308 * x[0], 1e308 * x[1]),
            1 => (3e300 * x[0] * x[0].abs(), 1e-300),
            2 => (5e307 * x[0], -2e306 * x[1]),
            _ => (1e307 * x[0].cos(), -1e307 * x[1].sin()),
        };
        self.value(x)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn huge_numbers_end_in_a_status(
        kind in 0..4_usize, exponent in -300..300_i32, start in prop::collection::vec(-1.0..1.0_f64, 2), bound in 0..3_usize,
    ) {
        let unit = 10.0_f64.powi(exponent);
        let x = [start[0] * unit, start[1]];
        let problem = match bound {
            0 => unbounded(&x),
            1 => bounded(&x, &[(-unit, unit), (f64::MIN, f64::MAX)]),
            _ => bounded(&x, &[(f64::NEG_INFINITY, f64::MAX), (-1.0, f64::INFINITY)]),
        };
        for name in registry().names() {
            let m = minimize(name, &mut Huge(kind), &problem, &Options::default().with_max_calls(3000));
            prop_assert!(m.values.iter().all(|v| v.is_finite()), "{} {:?}", name, m);
        }
    }
}

/// Two norms of which only the sum counts, a third that is known to 2 %, and a shape that nothing constrains.
struct Crowd;
impl Formula for Crowd {
    fn dim(&self) -> usize {
        4
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        (x[0] + x[1] + x[2] * 0.3 - 13.0).powi(2) * 50.0 + (x[2] - 10.0).powi(2) * 12.5 + x[3] * 0.0
    }
}

#[test]
fn the_parameters_named_are_those_that_a_shift_without_effect_changes() {
    everyone(|name, offers| {
        let problem = bounded(&[3.0, 3.0, 8.0, 2.0], &[(0.0, 1e5), (0.0, 1e5), (0.0, 1e5), (0.0, 5.0)]);
        let m = fit(name, Crowd, offers, &problem, &Options::default());
        let told = m.warnings.iter().filter(|w| w.contains("not constrain")).cloned().collect::<Vec<_>>().join("; ");
        assert!(m.quality <= FitQuality::Forced, "{name} {offers:?} {m:?}");
        for (k, is_told) in [(0, true), (1, true), (2, false), (3, true)] {
            assert_eq!(told.contains(&format!("p{k}")), is_told, "{name} {offers:?} p{k}: {told} {m:?}");
        }
    });
}

#[test]
fn hesse_has_the_same_truth() {
    let problem = bounded(&[0.0, 2.0, 1.0], &[(0.0, 1e3), (-1.0, 6.0), (-9.0, 9.0)]);
    for offers in OFFERS {
        let mut objective = Exact::new(NormAndShape, offers).within(&problem);
        let m = hesse(&mut objective, &problem, &Options::default(), &mut Silent).unwrap();
        assert!(m.quality <= FitQuality::Forced, "{offers:?} {m:?}");
        assert_eq!(m.covariance.map(|c| c.dim()), Some(Array2::<f64>::zeros((3, 3)).dim()));
    }
}
