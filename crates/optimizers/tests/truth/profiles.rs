//! Profiles tell where the others are at their minimum, and where a deeper one lies.

use super::*;

/// (x-1)²/2 + a (z - sin y)² + 0.01 (y - 3x)²: its profile over x is the first term.
struct Followed(f64);
impl Formula for Followed {
    fn dim(&self) -> usize {
        3
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        (x[0] - 1.0).powi(2) * 0.5 + (x[2] - x[1].sin()).powi(2) * self.0 + (x[1] - x[0] * 3.0).powi(2) * 0.01
    }
}

#[test]
fn a_point_of_a_profile_says_whether_the_others_are_at_their_minimum() {
    let mut reached = 0;
    for offers in OFFERS {
        for stiffness in [1e2, 1e4, 1e6, 1e8] {
            // The explorer is told the minimum; that its covariance is rough does not matter.
            let problem = unbounded(&[1.0, 3.0, 3.0_f64.sin()]);
            let mut objective = Exact::new(Followed(stiffness), offers);
            let m = hesse(&mut objective, &problem, &Options::default(), &mut Silent).unwrap();
            let mut explorer = Explorer::new(&mut objective, &problem, &m).unwrap();
            for point in explorer.profile(0, &[1.0, 3.0, 6.0, 10.0], &mut Silent).unwrap() {
                let truth = 0.5 * (point.x - 1.0).powi(2);
                let is_right = (point.fval - truth).abs() < 2e-3;
                assert!(is_right || !point.is_minimum, "{offers:?} {stiffness:e} {point:?} {truth}");
                assert_eq!(point.fval, Followed(stiffness).eval(&point.values), "{offers:?} {point:?}");
                reached += usize::from(point.is_minimum);
            }
        }
    }
    assert!(reached > 12, "{reached} of 48");
}

/// Two valleys; the one at 2 is the deeper.
struct TwoValleys;
impl Formula for TwoValleys {
    fn dim(&self) -> usize {
        2
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        (x[0] * x[0] * (x[0] - 2.0).powi(2)) * 0.1 - x[0] * 0.05 + (x[1] - x[0]).powi(2)
    }
}

#[test]
fn a_deeper_valley_is_told_by_profiles_too() {
    for offers in OFFERS {
        let problem = unbounded(&[0.1, 0.0]);
        let m = fit("MINUIT", TwoValleys, offers, &problem, &Options::default());
        assert!(m.values[0] < 0.5, "{m:?}");
        let mut objective = Exact::new(TwoValleys, offers);
        let mut explorer = Explorer::new(&mut objective, &problem, &m).unwrap();
        let points = explorer.profile(0, &[-0.5, 0.5, 2.0], &mut Silent).unwrap();
        assert_eq!(points.iter().map(|p| p.is_new_minimum).collect::<Vec<_>>(), [false, false, true], "{points:?}");
        let errors = explorer.minos(0, &mut Silent).unwrap();
        let lower = errors.new_minimum().unwrap();
        assert_eq!(errors.upper.crossing, Crossing::NewMinimum, "{offers:?} {errors:?}");
        assert!(TwoValleys.eval(lower) < m.fval, "{offers:?} {errors:?}");
    }
}
