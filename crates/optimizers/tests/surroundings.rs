//! MINOS, contours, profiles, global correlations, warm starts.

mod support;

use optimizers::{
    Crossing, Derivatives, Error, Explorer, FitQuality, Minimum, Objective, Options, Parameter, Plane, Problem, Silent,
    Status, hesse,
};
use support::{Exact, Formula, Number, OFFERS, bounded, fit, minimize, unbounded};

/// Counts 10 and 4 in two bins, their means a and a b: with b free, the errors of a are those of the first bin alone.
struct Ratio;
impl Formula for Ratio {
    fn dim(&self) -> usize {
        2
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        let second = x[0] * x[1];
        x[0] - x[0].ln() * 10.0 + second - second.ln() * 4.0
    }
}

fn ratio(offers: Derivatives) -> (Exact<Ratio>, Problem, Minimum) {
    let problem = bounded(&[8.0, 0.7], &[(0.0, 100.0), (0.0, 20.0)]);
    let m = fit("MINUIT", Ratio, offers, &problem, &Options::default().with_tol(1e-6));
    (Exact::new(Ratio, offers).within(&problem), problem, m)
}

/// Where m - n ln m has risen by `rise` from its minimum at n, by bisection.
fn poisson_crossing(n: f64, rise: f64, upper: bool) -> f64 {
    let height = |m: f64| (m - n * m.ln()) - (n - n * n.ln()) - rise;
    let (mut inside, mut outside) = (n, if upper { 10.0 * n } else { 1e-9 });
    for _ in 0..200 {
        let middle = 0.5 * (inside + outside);
        if height(middle) < 0.0 { inside = middle } else { outside = middle }
    }
    inside
}

#[test]
fn minos_finds_the_rise_on_both_sides() {
    for offers in OFFERS {
        let (mut objective, problem, m) = ratio(offers);
        for rise in [1.0, 4.0] {
            let mut explorer = Explorer::new(&mut objective, &problem, &m).unwrap().with_rise(rise).unwrap();
            let errors = explorer.minos(0, &mut Silent).unwrap();
            assert!(errors.is_valid(), "{offers:?} {errors:?}");
            let lower = poisson_crossing(10.0, 0.5 * rise, false) - m.values[0];
            let upper = poisson_crossing(10.0, 0.5 * rise, true) - m.values[0];
            assert!((errors.lower.error / lower - 1.0).abs() < 1e-4, "{offers:?} {} {lower}", errors.lower.error);
            assert!((errors.upper.error / upper - 1.0).abs() < 1e-4, "{offers:?} {} {upper}", errors.upper.error);
            assert!((errors.upper.fval - m.fval - 0.5 * rise).abs() < 1e-4);
            assert!(explorer.calls().total() > 0);
            // The other parameter follows: a b = 4 throughout.
            assert!((errors.upper.values[0] * errors.upper.values[1] - 4.0).abs() < 0.02);
        }
    }
}

#[test]
fn minos_of_a_paraboloid_is_the_parabolic_error() {
    struct Tilted;
    impl Formula for Tilted {
        fn dim(&self) -> usize {
            3
        }
        fn eval<D: Number>(&self, x: &[D]) -> D {
            let (a, b, c) = (x[0] - 1.0, x[1] * 1e3 + 2.0, x[2] * 1e-3);
            a * a + a * b + b * b + c * c * 2.0 + b * c
        }
    }
    for offers in OFFERS {
        let problem = unbounded(&[0.0, 0.0, 0.0]);
        let m = fit("NEWMINUIT", Tilted, offers, &problem, &Options::default().with_tol(1e-6));
        let mut objective = Exact::new(Tilted, offers);
        let mut explorer = Explorer::new(&mut objective, &problem, &m).unwrap();
        for i in 0..3 {
            let errors = explorer.minos(i, &mut Silent).unwrap();
            assert!((errors.upper.error / m.errors[i] - 1.0).abs() < 1e-3, "{offers:?} {errors:?}");
            assert!((errors.lower.error / m.errors[i] + 1.0).abs() < 1e-3, "{offers:?} {errors:?}");
        }
    }
}

#[test]
fn a_bound_in_the_way_is_told() {
    for offers in OFFERS {
        // The crossing below lies at 7.16, the one above at 13.5.
        let problem = bounded(&[9.0, 0.7], &[(8.0, 11.0), (0.0, 20.0)]);
        let m = fit("MINUIT", Ratio, offers, &problem, &Options::default().with_tol(1e-6));
        let mut objective = Exact::new(Ratio, offers).within(&problem);
        let errors = Explorer::new(&mut objective, &problem, &m).unwrap().minos(0, &mut Silent).unwrap();
        assert_eq!((errors.lower.crossing, errors.upper.crossing), (Crossing::AtLimit, Crossing::AtLimit));
        assert_eq!((errors.lower.values[0], errors.upper.values[0]), (8.0, 11.0));
        // A minimum on its bound has an error on one side only.
        let problem = bounded(&[14.0, 0.7], &[(12.0, 100.0), (0.0, 20.0)]);
        let m = fit("MINUIT", Ratio, offers, &problem, &Options::default().with_tol(1e-6));
        assert_eq!(m.at_limit, [0]);
        let mut objective = Exact::new(Ratio, offers).within(&problem);
        let mut explorer = Explorer::new(&mut objective, &problem, &m).unwrap();
        let errors = explorer.minos(0, &mut Silent).unwrap();
        assert_eq!((errors.lower.crossing, errors.lower.error), (Crossing::AtLimit, 0.0));
        assert_eq!(errors.upper.crossing, Crossing::Found);
        assert!(!errors.is_valid() && errors.new_minimum().is_none(), "{errors:?}");
        let height = |m: f64| m - 10.0 * m.ln();
        let rise = height(12.0 + errors.upper.error) - height(12.0);
        assert!((rise - 0.5).abs() < 1e-3, "{rise}");
        // The quadratic approximation is not far off.
        assert!((m.errors[0] / errors.upper.error - 1.0).abs() < 0.2, "{m:?} {errors:?}");
    }
}

/// Two valleys; the one at x = 2 is the deeper.
struct Valleys;
impl Formula for Valleys {
    fn dim(&self) -> usize {
        1
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        let y = x[0];
        (y * y * (y - 2.0).powi(2)) * 0.1 - y * 0.05
    }
}

#[test]
fn a_deeper_valley_is_reported() {
    let problem = unbounded(&[0.1]);
    let m = fit("MINUIT", Valleys, Derivatives::Hessian, &problem, &Options::default());
    assert!(m.values[0] < 0.5, "{m:?}");
    let mut objective = Exact::new(Valleys, Derivatives::Hessian);
    let errors = Explorer::new(&mut objective, &problem, &m).unwrap().minos(0, &mut Silent).unwrap();
    assert_eq!(errors.upper.crossing, Crossing::NewMinimum);
    assert!(errors.upper.fval < m.fval && errors.upper.values[0] > 1.0);
    assert_eq!(errors.lower.crossing, Crossing::Found);
    assert!(!errors.is_valid());
    assert_eq!(errors.new_minimum(), Some(errors.upper.values.as_slice()));
}

#[test]
fn contours_touch_the_minos_errors_and_hold_the_rise() {
    for offers in OFFERS {
        let (mut objective, problem, m) = ratio(offers);
        let mut explorer = Explorer::new(&mut objective, &problem, &m).unwrap();
        let contour = explorer.contour(0, 1, 72, &mut Silent).unwrap();
        let errors = explorer.minos(0, &mut Silent).unwrap();
        assert_eq!(contour.len(), 72);
        for point in &contour {
            assert_eq!(point.crossing, Crossing::Found);
            assert!((Ratio.eval(&[point.x, point.y]) - m.fval - 0.5).abs() < 1e-4, "{point:?}");
        }
        let extreme = |f: fn(f64, f64) -> f64, start: f64| contour.iter().map(|p| p.x).fold(start, f);
        let (low, high) = (extreme(f64::min, f64::INFINITY), extreme(f64::max, f64::NEG_INFINITY));
        assert!(
            (low - m.values[0] - errors.lower.error).abs() < 0.01 && low >= m.values[0] + errors.lower.error - 1e-4
        );
        assert!(
            (high - m.values[0] - errors.upper.error).abs() < 0.01 && high <= m.values[0] + errors.upper.error + 1e-4
        );
        assert!(explorer.contour(1, 1, 4, &mut Silent).is_err());
    }
}

#[test]
fn a_profile_is_minimised_and_a_scan_is_not() {
    for offers in OFFERS {
        let (mut objective, problem, m) = ratio(offers);
        let mut explorer = Explorer::new(&mut objective, &problem, &m).unwrap();
        let grid = explorer.grid(0, 2.0, 9).unwrap();
        assert!((grid[4] - m.values[0]).abs() < 1e-9 && grid.len() == 9);
        assert!(explorer.grid(0, f64::NAN, 9).is_err() && explorer.grid(0, -1.0, 9).is_err());
        let profile = explorer.profile(0, &grid, &mut Silent).unwrap();
        let scan = explorer.scan(0, &grid, &mut Silent).unwrap();
        for ((x, p), s) in grid.iter().zip(&profile).zip(&scan) {
            // Minimised over b the second bin contributes its own minimum.
            let truth = x - 10.0 * x.ln() + 4.0 - 4.0 * 4.0_f64.ln();
            assert!((p.fval - truth).abs() < 1e-4, "{offers:?} {p:?} {truth}");
            assert_eq!((s.fval, s.values[1]), (Ratio.eval(&[*x, m.values[1]]), m.values[1]));
            assert!(s.fval >= p.fval - 1e-6);
        }
        assert!(matches!(explorer.profile(0, &[-1.0], &mut Silent), Err(Error::InvalidParameter { .. })));
        assert!(matches!(explorer.profile(7, &[1.0], &mut Silent), Err(Error::InvalidOption { .. })));
    }
}

#[test]
fn global_correlation_of_two_is_their_correlation() {
    let (_, _, m) = ratio(Derivatives::Hessian);
    let global = m.global_correlations().unwrap();
    let correlation = m.correlation.as_ref().unwrap()[[0, 1]];
    assert!(global.iter().all(|g| (g - correlation.abs()).abs() < 1e-12), "{global:?} {correlation}");
}

#[test]
fn a_warm_start_saves_calls_and_finds_the_same() {
    for offers in [Derivatives::None, Derivatives::Gradient] {
        for name in ["MINUIT", "NEWMINUIT", "DRMNGB"] {
            let problem = bounded(&[30.0, 0.1], &[(0.0, 100.0), (0.0, 20.0)]);
            let cold = fit(name, Ratio, offers, &problem, &Options::default());
            let mut again = problem.starting_at(&cold).unwrap();
            again.set_value(0, 9.0).unwrap();
            let warm = fit(name, Ratio, offers, &again, &Options::default());
            assert_eq!(warm.quality, FitQuality::Accurate, "{name} {offers:?}");
            assert!(warm.calls.total() < cold.calls.total(), "{name} {offers:?} {:?} {:?}", warm.calls, cold.calls);
            assert!((warm.values[0] - 10.0).abs() < 0.02 * warm.errors[0]);
            // Released later, a parameter that was fixed is not in the covariance: a cold start, the same result.
            let mut held = problem.clone();
            held.fix(1).unwrap();
            let first = fit(name, Ratio, offers, &held, &Options::default());
            assert_eq!(first.values[1], 0.1);
            let mut released = held.starting_at(&first).unwrap();
            released.release(1).unwrap();
            let second = fit(name, Ratio, offers, &released, &Options::default());
            assert!((second.values[1] - 0.4).abs() < 0.02 * second.errors[1], "{name} {second:?}");
        }
    }
    let mut problem = Problem::new(vec![Parameter::new("a", 1.0).with_bounds(0.0, 2.0)]).unwrap();
    assert!(problem.fix(1).is_err() && problem.set_value(0, 3.0).is_err() && problem.parameters()[0].value() == 1.0);
    let other =
        hesse(&mut Exact::new(Ratio, Derivatives::None), &unbounded(&[10.0, 0.4]), &Options::default(), &mut Silent);
    assert!(matches!(problem.starting_at(&other.unwrap()), Err(Error::Dimension { .. })));
}

#[test]
fn exploring_needs_a_covariance() {
    let problem = unbounded(&[8.0, 0.7]);
    let mut objective = Exact::new(Ratio, Derivatives::Gradient);
    let options = Options::default().with_max_calls(1);
    let m = minimize("MINUIT", &mut objective as &mut dyn Objective, &problem, &options);
    assert!(matches!(Explorer::new(&mut objective, &problem, &m), Err(Error::InvalidOption { .. })));
}

/// With exact second derivatives a crossing takes a few Hessians and no minimisation; without them it is the same crossing.
#[test]
fn exact_second_derivatives_find_a_crossing_in_a_few_steps() {
    let (mut objective, problem, m) = ratio(Derivatives::Hessian);
    let mut explorer = Explorer::new(&mut objective, &problem, &m).unwrap();
    let errors = explorer.minos(0, &mut Silent).unwrap();
    let calls = explorer.calls();
    assert!(calls.gradients == 0 && calls.hessians <= 10, "{calls:?}");
    let (mut objective, problem, m) = ratio(Derivatives::Gradient);
    let searched = Explorer::new(&mut objective, &problem, &m).unwrap().minos(0, &mut Silent).unwrap();
    for (a, b) in [(&errors.lower, &searched.lower), (&errors.upper, &searched.upper)] {
        assert!((a.error / b.error - 1.0).abs() < 1e-4, "{a:?} {b:?}");
        assert_eq!(a.crossing, b.crossing);
    }
    // A limit of calls is kept by the search, which counts every one.
    let (mut objective, problem, m) = ratio(Derivatives::Hessian);
    let options = Options::default().with_max_calls(50);
    let mut explorer = Explorer::new(&mut objective, &problem, &m).unwrap().with_options(options);
    assert!(explorer.minos(0, &mut Silent).unwrap().is_valid() && explorer.calls().gradients > 0);
}

#[test]
fn a_break_ends_the_search_for_a_crossing_at_once() {
    for offers in OFFERS {
        let (mut objective, problem, m) = ratio(offers);
        let mut seen = 0;
        let mut stop = |_: &optimizers::Iteration| {
            seen += 1;
            std::ops::ControlFlow::Break(())
        };
        let errors = Explorer::new(&mut objective, &problem, &m).unwrap().minos(0, &mut stop).unwrap();
        assert_ne!(errors.lower.crossing, Crossing::Found, "{offers:?}");
        assert_ne!(errors.upper.crossing, Crossing::Found, "{offers:?}");
        assert!(seen <= 2, "{offers:?}: one for each side, not {seen}");
    }
}

#[test]
fn a_result_of_ones_own_has_the_errors_of_its_covariance() {
    let covariance = ndarray::array![[4.0, 1.0], [1.0, 9.0]];
    let m = Minimum::new(vec![1.0, 2.0, 3.0], 0.5, Status::Converged);
    let m = m.with_covariance(&[0, 2], covariance.clone(), FitQuality::Accurate).unwrap();
    assert_eq!((m.errors.as_slice(), m.fval), (&[2.0, 0.0, 3.0][..], 0.5));
    // Var(a - b) = 4 + 9 - 2.
    assert!((m.propagated_error(&[1.0, -1.0]).unwrap() - 11.0_f64.sqrt()).abs() < 1e-15);
    assert!(m.propagated_error(&[1.0]).is_none());
    let other = Minimum::new(vec![1.0], 0.5, Status::Converged);
    assert!(other.with_covariance(&[0, 2], covariance, FitQuality::Accurate).is_err());
}

#[test]
fn a_covariance_given_beforehand_saves_calls_as_a_warm_start_does() {
    let (mut objective, problem, m) = ratio(Derivatives::Gradient);
    let told = problem.clone().with_covariance(m.covariance.as_ref().unwrap()).unwrap();
    let cold = minimize("MINUIT", &mut objective, &problem, &Options::default());
    let warm = minimize("MINUIT", &mut objective, &told, &Options::default());
    assert_eq!(warm.quality, FitQuality::Accurate);
    assert!(warm.calls.total() < cold.calls.total(), "{:?} {:?}", warm.calls, cold.calls);
    assert!(problem.with_covariance(&ndarray::array![[1.0]]).is_err());
}

#[test]
fn minos_of_all_is_minos_of_each() {
    let (mut objective, problem, m) = ratio(Derivatives::Hessian);
    let mut explorer = Explorer::new(&mut objective, &problem, &m).unwrap();
    let all = explorer.minos_of_all(&mut Silent).unwrap();
    assert_eq!(all, [explorer.minos(0, &mut Silent).unwrap(), explorer.minos(1, &mut Silent).unwrap()]);
}

#[test]
fn a_confidence_level_is_the_rise_that_the_tables_give() {
    // Quantiles of chi-square as in the tables of F. James, MINUIT Reference Manual, and of the Particle Data Group.
    for (level, parameters, rise) in [
        (0.682_689_492_137_086, 1, 1.0),
        (0.954_499_736_103_642, 1, 4.0),
        (0.95, 1, 3.841_458_820_694_124),
        (0.682_689_492_137_086, 2, 2.295_748_928_898_636),
        (0.95, 2, 5.991_464_547_107_979),
        (0.95, 3, 7.814_727_903_251_18),
    ] {
        let (mut objective, problem, m) = ratio(Derivatives::Hessian);
        let by_level = |objective| Explorer::new(objective, &problem, &m).unwrap().with_confidence(level, parameters);
        let found = by_level(&mut objective).unwrap().minos(0, &mut Silent).unwrap().upper.error;
        let explorer = Explorer::new(&mut objective, &problem, &m).unwrap();
        let expected = explorer.with_rise(rise).unwrap().minos(0, &mut Silent).unwrap().upper.error;
        assert!((found / expected - 1.0).abs() < 1e-6, "{level} {parameters}: {found} {expected}");
    }
    let (mut objective, problem, m) = ratio(Derivatives::Hessian);
    for (level, parameters) in [(0.0, 1), (1.0, 1), (-0.5, 1), (1.5, 1), (f64::NAN, 1), (0.9, 0)] {
        let explorer = Explorer::new(&mut objective, &problem, &m).unwrap();
        assert!(explorer.with_confidence(level, parameters).is_err(), "{level} {parameters}");
    }
}

#[test]
fn a_grid_over_two_parameters_is_the_profile_of_both() {
    for offers in OFFERS {
        let (mut objective, problem, m) = ratio(offers);
        let mut explorer = Explorer::new(&mut objective, &problem, &m).unwrap();
        let (a, b) = ([8.0, 10.0, 12.5], [0.2, 0.4]);
        let plane = Plane { x: (0, &a), y: (1, &b) };
        let grid = explorer.profile_plane(plane, &mut Silent).unwrap();
        assert_eq!(grid, explorer.scan_plane(plane, &mut Silent).unwrap(), "nothing else is free");
        for ((i, j), point) in grid.indexed_iter() {
            assert_eq!((point.x, point.y), (a[i], b[j]));
            assert_eq!(point.fval, Ratio.eval(&[a[i], b[j]]));
            assert!(point.is_minimum && !point.is_new_minimum);
        }
        assert!(explorer.profile_plane(Plane { x: (0, &a), y: (0, &b) }, &mut Silent).is_err());
        assert!(explorer.profile_plane(Plane { x: (0, &[-1.0]), y: (1, &b) }, &mut Silent).is_err());
    }
}

#[test]
fn a_result_names_its_parameters_and_tells_what_stands_behind_its_status() {
    let (mut objective, problem, m) = ratio(Derivatives::Gradient);
    assert_eq!(m.names, ["p0", "p1"]);
    assert!(!m.flags.is_edm_above_goal && !m.flags.is_forced_positive_definite && !m.flags.has_reached_limit);
    let table = m.to_string();
    assert!(table.contains("converged") && table.lines().count() == 5, "{table}");
    let json = serde_json::to_value(&m).unwrap();
    assert_eq!(json["covariance"][0][1], m.covariance.as_ref().unwrap()[[0, 1]]);
    assert_eq!((&json["status"], &json["quality"]), (&"Converged".into(), &"Accurate".into()));
    let cut = minimize("MINUIT", &mut objective, &problem, &Options::default().with_max_calls(2));
    assert!(cut.flags.has_reached_limit && cut.flags.is_edm_above_goal, "{cut:?}");
    let away = hesse(&mut objective, &problem, &Options::default(), &mut Silent).unwrap();
    assert!(away.flags.is_edm_above_goal && !away.flags.has_reached_limit, "{away:?}");
    let own = Minimum::new(vec![1.0], 0.0, Status::Converged);
    assert!(!own.flags.is_edm_above_goal && Minimum::new(vec![1.0], 0.0, Status::CallLimit).flags.is_edm_above_goal);
    let mut flags = own.flags;
    flags.is_forced_positive_definite = true;
    assert_eq!(own.with_flags(flags).flags, flags);
    let renamed = Minimum::new(vec![1.0], 0.0, m.status).with_names(vec!["a".into()]).unwrap();
    assert_eq!(renamed.names, ["a"]);
    assert!(renamed.with_names(Vec::new()).is_err());
}
