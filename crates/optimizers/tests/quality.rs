//! Objectives with known truth: quality, status and limits are asserted one by one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use optimizers::{
    Derivatives, EvalError, FitQuality, Minimum, Objective, Options, Parameter, Problem, Silent, Status, hesse,
    registry,
};
use support::{Formula, Number, OFFERS, bounded, fit, minimize, unbounded};

/// Every optimizer with every kind of derivatives.
fn everyone(check: impl Fn(&str, Derivatives)) {
    for name in registry().names() {
        for offers in OFFERS {
            check(name, offers);
        }
    }
}

struct Line;
impl Formula for Line {
    fn dim(&self) -> usize {
        1
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        ((x[0] - 3.0) / 0.2).powi(2) * 0.5
    }
}

#[test]
fn one_parameter_is_exact() {
    everyone(|name, offers| {
        let m = fit(name, Line, offers, &unbounded(&[1.0]), &Options::default());
        assert_eq!((m.quality, m.status), (FitQuality::Accurate, Status::Converged), "{name} {offers:?}");
        assert!((m.values[0] - 3.0).abs() < 0.01 && (m.errors[0] - 0.2).abs() < 1e-5, "{name} {offers:?} {m:?}");
        assert!(m.at_limit.is_empty());
    });
}

#[test]
fn no_free_parameter_returns_at_once() {
    everyone(|name, offers| {
        let problem = Problem::new(vec![Parameter::new("p", 1.0).with_fixed(true)]).unwrap();
        let m = fit(name, Line, offers, &problem, &Options::default());
        assert_eq!((m.quality, m.status, m.calls.total()), (FitQuality::Accurate, Status::Converged, 1));
        assert_eq!((m.values.as_slice(), m.errors.as_slice()), (&[1.0][..], &[0.0][..]));
    });
}

/// Errors 10 and 1, correlation 0.9.
struct LongerThanItsRange;
impl Formula for LongerThanItsRange {
    fn dim(&self) -> usize {
        2
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        (x[0] * x[0] - x[0] * x[1] * 18.0 + x[1] * x[1] * 100.0) * (0.5 / 19.0)
    }
}

#[test]
fn an_error_is_as_long_as_its_range_at_most_and_the_correlation_stays() {
    everyone(|name, offers| {
        let problem = bounded(&[0.5, 0.1], &[(-2.0, 2.0), (-50.0, 50.0)]);
        let m = fit(name, LongerThanItsRange, offers, &problem, &Options::default());
        assert_eq!((m.quality, m.status), (FitQuality::Forced, Status::Degenerate), "{name} {offers:?} {m:?}");
        let expected = [[16.0, 3.6], [3.6, 1.0]];
        let covariance = m.covariance.as_ref().unwrap();
        for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let found = covariance[[i, j]];
            assert!((found / expected[i][j] - 1.0).abs() < 1e-3, "{name} {offers:?} {covariance}");
        }
        assert!((m.errors[0] / 4.0 - 1.0).abs() < 1e-3 && (m.errors[1] - 1.0).abs() < 1e-3, "{name} {offers:?} {m:?}");
    });
}

/// It rises from its bound at 0 with slope 2 but curvature -8: the parabola of both never reaches 1/2, the cubic does.
struct BentDown;
impl Formula for BentDown {
    fn dim(&self) -> usize {
        1
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        x[0] * 2.0 - x[0].powi(2) * 4.0 + x[0].powi(3) * 20.0
    }
}

#[test]
fn the_slope_alone_gives_the_error_at_a_bound_where_the_parabola_never_rises_enough() {
    everyone(|name, offers| {
        let m = fit(name, BentDown, offers, &bounded(&[0.3], &[(0.0, 10.0)]), &Options::default());
        assert_eq!(m.at_limit, [0], "{name} {offers:?} {m:?}");
        assert!((m.errors[0] / 0.25 - 1.0).abs() < 1e-3, "{name} {offers:?} {m:?}");
    });
}

/// Paraboloid whose centre lies outside the allowed range in the first parameter.
struct Corner;
impl Formula for Corner {
    fn dim(&self) -> usize {
        2
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        let (a, b) = (x[0] + 1.0, x[1] - 2.0);
        (a * a + a * b * 1.2 + b * b) * 2.0
    }
}

/// On the bound a = 0 the slope is 4a + 2.4b = 4 - 2.4 * 0.6 = 2.56, the profile curvature 4 - 2.4²/4 = 2.56.
fn check_corner(m: &Minimum, who: &str) {
    assert_eq!((m.quality, m.status), (FitQuality::Accurate, Status::Converged), "{who}: {m:?}");
    assert_eq!(m.at_limit, [0], "{who}");
    assert_eq!(m.values[0], 0.0, "{who}");
    assert!((m.values[1] - 1.4).abs() < 0.02, "{who} {m:?}");
    assert!((m.errors[1] - 0.5).abs() < 1e-4, "{who} {m:?}");
    let one_sided = 1.0 / (2.56 + (2.56_f64 * 2.56 + 2.56).sqrt());
    assert!((m.errors[0] - one_sided).abs() < 1e-2 * one_sided, "{who} {:?} {one_sided}", m.errors);
    let covariance = m.covariance.as_ref().unwrap();
    assert_eq!(covariance[[0, 1]], 0.0);
    assert!((covariance[[0, 0]].sqrt() - m.errors[0]).abs() < 1e-15);
}

#[test]
fn minimum_on_a_bound() {
    everyone(|name, offers| {
        for start in [[5.0, -3.0], [0.0, 0.0], [1e-9, 4.0]] {
            let problem = bounded(&start, &[(0.0, 10.0), (f64::NEG_INFINITY, f64::INFINITY)]);
            let m = fit(name, Corner, offers, &problem, &Options::default().with_tol(1e-5));
            check_corner(&m, &format!("{name} {offers:?} from {start:?}"));
            let problem = bounded(&start, &[(0.0, f64::INFINITY), (-10.0, 10.0)]);
            let m = fit(name, Corner, offers, &problem, &Options::default().with_tol(1e-5));
            check_corner(&m, &format!("{name} {offers:?} one-sided from {start:?}"));
        }
    });
}

#[test]
fn start_on_the_wrong_bound_is_left() {
    everyone(|name, offers| {
        for start in [[-5.0, -5.0], [5.0, 5.0], [-5.0, 5.0]] {
            let problem = bounded(&start, &[(-5.0, 5.0), (-5.0, 5.0)]);
            let m = fit(name, Corner, offers, &problem, &Options::default());
            assert_eq!((m.quality, m.at_limit.len()), (FitQuality::Accurate, 0), "{name} {offers:?} {m:?}");
            assert!((m.values[0] + 1.0).abs() < 0.05 * m.errors[0] && (m.values[1] - 2.0).abs() < 0.05 * m.errors[1]);
        }
    });
}

#[test]
fn minimum_in_a_corner_of_the_bounds() {
    everyone(|name, offers| {
        let problem = bounded(&[2.0, 4.0], &[(0.0, 10.0), (3.0, 10.0)]);
        let m = fit(name, Corner, offers, &problem, &Options::default());
        assert_eq!(
            (m.quality, m.values.as_slice()),
            (FitQuality::Accurate, &[0.0, 3.0][..]),
            "{name} {offers:?} {m:?}"
        );
        assert_eq!(m.at_limit, [0, 1]);
    });
}

/// Exactly degenerate: only the sum counts.
struct Sum;
impl Formula for Sum {
    fn dim(&self) -> usize {
        2
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        (x[0] + x[1] - 1.0).powi(2) * 50.0
    }
}

/// Degenerate along a curve.
struct Product;
impl Formula for Product {
    fn dim(&self) -> usize {
        2
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        (x[0] * x[1] - 1.0).powi(2) * 50.0
    }
}

/// The second parameter does nothing.
struct Idle;
impl Formula for Idle {
    fn dim(&self) -> usize {
        2
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        (x[0] - 1.0).powi(2) * 50.0 + x[1] * 0.0
    }
}

fn check_degenerate(m: &Minimum, who: &str) {
    assert!(m.quality < FitQuality::Accurate, "{who} claims quality 3: {m:?}");
    assert!(matches!(m.status, Status::Degenerate | Status::NotPositiveDefinite | Status::NotQuadratic), "{who} {m:?}");
    assert!(m.fval < 1e-3, "{who} {m:?}");
    assert!(m.errors.iter().all(|e| e.is_finite()), "{who} {m:?}");
}

#[test]
fn degenerate_directions_never_give_quality_three() {
    everyone(|name, offers| {
        for tolerance in [1e-3, 1e-6, 1e-9] {
            let options = Options::default().with_tol(tolerance);
            for start in [[3.0, 2.0], [0.5, 0.5], [-1.0, 0.7], [10.0, -10.0]] {
                let who = format!("{name} {offers:?} from {start:?} at {tolerance}");
                check_degenerate(&fit(name, Sum, offers, &unbounded(&start), &options), &who);
                check_degenerate(&fit(name, Product, offers, &unbounded(&start), &options), &who);
                check_degenerate(&fit(name, Idle, offers, &unbounded(&start), &options), &who);
                let within = bounded(&start, &[(-100.0, 100.0), (-100.0, 100.0)]);
                check_degenerate(&fit(name, Sum, offers, &within, &options), &who);
                check_degenerate(&fit(name, Idle, offers, &within, &options), &who);
            }
        }
    });
}

/// Saddle at the origin between two minima at x = ±1.
struct Saddle;
impl Formula for Saddle {
    fn dim(&self) -> usize {
        2
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        x[0].powi(4) * 0.25 - x[0] * x[0] * 0.5 + x[1] * x[1]
    }
}

#[test]
fn a_saddle_is_left_for_a_minimum() {
    everyone(|name, offers| {
        let m = fit(name, Saddle, offers, &unbounded(&[0.0, 0.0]), &Options::default());
        assert_eq!((m.quality, m.status), (FitQuality::Accurate, Status::Converged), "{name} {offers:?} {m:?}");
        assert!((m.values[0].abs() - 1.0).abs() < 0.05, "{name} {offers:?} {m:?}");
    });
}

/// Unbounded below: there is no minimum.
struct Hill;
impl Formula for Hill {
    fn dim(&self) -> usize {
        2
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        x[0] * x[0] - x[1] * x[1]
    }
}

#[test]
fn an_indefinite_hessian_is_told() {
    for offers in OFFERS {
        let mut objective = support::Exact::new(Hill, offers);
        let m = hesse(&mut objective, &unbounded(&[0.0, 0.0]), &Options::default(), &mut Silent).unwrap();
        assert_eq!((m.quality, m.status), (FitQuality::Forced, Status::NotPositiveDefinite), "{offers:?} {m:?}");
        assert_eq!(m.status.code(), 102);
    }
    everyone(|name, offers| {
        let m = fit(name, Hill, offers, &unbounded(&[1.0, 0.1]), &Options::default().with_max_calls(3000));
        assert!(m.quality < FitQuality::Accurate && m.status != Status::Converged, "{name} {offers:?} {m:?}");
    });
}

/// A straight slope: falls for ever, or to the bound.
struct Slope;
impl Formula for Slope {
    fn dim(&self) -> usize {
        1
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        x[0] * 2.0
    }
}

#[test]
fn a_slope_ends_on_its_bound_and_nowhere_else() {
    everyone(|name, offers| {
        let m = fit(name, Slope, offers, &bounded(&[0.5], &[(-1.0, 1.0)]), &Options::default());
        assert_eq!(
            (m.quality, m.values[0], m.at_limit.as_slice()),
            (FitQuality::Accurate, -1.0, &[0][..]),
            "{name} {offers:?} {m:?}"
        );
        // It rises by 0.5 over 0.25.
        assert!((m.errors[0] - 0.25).abs() < 1e-6, "{name} {offers:?} {m:?}");
        let m = fit(name, Slope, offers, &unbounded(&[0.5]), &Options::default().with_max_calls(2000));
        assert!(m.quality < FitQuality::Accurate && m.status != Status::Converged, "{name} {offers:?} {m:?}");
    });
}

/// |x| + y²: no Hessian describes it.
struct Kink;
impl Objective for Kink {
    fn dim(&self) -> usize {
        2
    }
    fn derivatives(&self) -> Derivatives {
        Derivatives::Gradient
    }
    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
        Ok((x[0] - 0.3).abs() + x[1] * x[1])
    }
    fn gradient(&mut self, x: &[f64], g: &mut [f64]) -> Result<f64, EvalError> {
        g[0] = if x[0] > 0.3 { 1.0 } else { -1.0 };
        g[1] = 2.0 * x[1];
        self.value(x)
    }
}

#[test]
fn a_kink_is_found_but_not_trusted() {
    for name in registry().names() {
        let m = minimize(name, &mut Kink, &unbounded(&[2.0, 1.0]), &Options::default());
        assert!(m.quality < FitQuality::Accurate, "{name} {m:?}");
        assert_ne!(m.status, Status::Converged);
        assert!((m.values[0] - 0.3).abs() < 0.1, "{name} {m:?}");
    }
}

/// ln-like: NaN for x <= 0, minimum at 0.01.
struct Narrow;
impl Formula for Narrow {
    fn dim(&self) -> usize {
        1
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        // 5 events expected at 0.01: NaN left of 0.
        x[0] * 500.0 - x[0].ln() * 5.0
    }
}

#[test]
fn undefined_points_make_it_step_back() {
    everyone(|name, offers| {
        for start in [1.0, 1e-6] {
            let problem = Problem::new(vec![Parameter::new("p", start).with_step(1.0)]).unwrap();
            let m = fit(name, Narrow, offers, &problem, &Options::default());
            assert_eq!(m.quality, FitQuality::Accurate, "{name} {offers:?} from {start} {m:?}");
            assert!((m.values[0] - 0.01).abs() < 0.05 * m.errors[0], "{name} {offers:?} {m:?}");
            assert!((m.errors[0] / (0.01 / 5.0_f64.sqrt()) - 1.0).abs() < 0.03, "{name} {offers:?} {m:?}");
        }
    });
}

#[test]
fn an_undefined_start_is_told() {
    everyone(|name, offers| {
        let m = fit(name, Narrow, offers, &unbounded(&[-1.0]), &Options::default());
        assert_eq!((m.quality, m.status, m.status.code()), (FitQuality::None, Status::StartNotFinite, 110), "{name}");
        assert_eq!(m.values, [-1.0]);
    });
}
