//! Roots and minima in one dimension.

/// Where a parabola has its lowest point: it starts with a negative `slope` and has changed by `change` over `width`.
/// `None` when it bends down.
pub(crate) fn vertex(slope: f64, width: f64, change: f64) -> Option<f64> {
    let bend = change - slope * width;
    (bend > 0.0).then(|| -0.5 * slope * width * width / bend)
}

/// The smallest distance after which `slope d + ½ curvature d²` has reached `rise`, negative where the way leads
/// backwards; NaN where the parabola never does.
///
/// The form `2 r / (s ± sqrt(s² + 2 c r))` loses no digits for any curvature (W. H. Press et al., Numerical Recipes,
/// 3rd ed., section 5.6).
pub(crate) fn distance_to_rise(slope: f64, curvature: f64, rise: f64) -> f64 {
    let discriminant = slope * slope + 2.0 * curvature * rise;
    2.0 * rise / (slope + slope.signum() * discriminant.sqrt())
}

/// The search for the length at which a quantity that starts at 0 and grows reaches a goal: steps outwards until it
/// is passed, then safeguarded secants (the method of false position) between the ends.
#[derive(Debug, Clone)]
pub(crate) struct Crossing {
    goal: f64,
    /// Relative accuracy of the goal.
    accuracy: f64,
    /// The farthest length allowed.
    longest: f64,
    below: (f64, f64),
    above: Option<(f64, f64)>,
}

/// What to do after a trial of a [`Crossing`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Next {
    /// The goal is reached.
    Found,
    /// The farthest length falls short of it.
    AtLimit,
    /// Rounding leaves nothing between the ends.
    Exhausted,
    /// Try this length.
    Try(f64),
}

impl Crossing {
    pub(crate) fn new(goal: f64, accuracy: f64, longest: f64) -> Self {
        Self { goal, accuracy, longest, below: (0.0, 0.0), above: None }
    }

    /// Takes in the height found at a length, infinite where it is not defined.
    pub(crate) fn after(&mut self, length: f64, height: f64) -> Next {
        let Self { goal, accuracy, longest, .. } = *self;
        if (height - goal).abs() < accuracy * goal {
            return Next::Found;
        }
        if height < goal {
            if length >= longest {
                return Next::AtLimit;
            }
            self.below = (length, height);
        } else {
            self.above = Some((length, height));
        }
        let Some((far, high)) = self.above else {
            return Next::Try((length * (goal / height.max(0.1 * goal)).clamp(1.0 + accuracy, 4.0)).min(longest));
        };
        let width = far - self.below.0;
        if width <= 1e-12 * far {
            return Next::Exhausted;
        }
        let secant = (goal - self.below.1) / (high - self.below.1);
        // An undefined point above tells nothing but where to stop.
        let share = if high.is_finite() { secant.clamp(0.01, 0.99) } else { 0.5 };
        Next::Try(self.below.0 + width * share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_has_its_vertex_where_its_slope_vanishes() {
        // 3 (x - 2)² - 12 starts with slope -12.
        assert_eq!(vertex(-12.0, 5.0, 27.0 - 12.0), Some(2.0));
        assert_eq!(vertex(-1.0, 2.0, -3.0), None);
        // Nor has a straight line one.
        assert_eq!(vertex(-1.0, 2.0, -2.0), None);
    }

    #[test]
    fn a_rise_is_reached_uphill_for_every_curvature() {
        for (slope, curvature) in [(1.0, 3.0), (0.0, 2.0), (2.0, 0.0), (2.0, -1.5), (-1.0, 2.0)] {
            let d = distance_to_rise(slope, curvature, 0.7);
            assert!((slope * d + 0.5 * curvature * d * d - 0.7).abs() < 1e-14, "{slope} {curvature} {d}");
        }
        assert!(distance_to_rise(1.0, -1.0, 0.7).is_nan());
    }

    #[test]
    fn a_goal_is_reached_within_its_relative_accuracy() {
        for goal in [0.01, 1.0, 100.0] {
            let after = |height: f64| Crossing::new(goal, 1e-3, 9.0).after(1.0, height * goal);
            assert!(after(0.9992) == Next::Found && after(1.0008) == Next::Found, "{goal}");
            assert!(after(0.998) != Next::Found && after(1.002) != Next::Found, "{goal}");
        }
    }

    #[test]
    fn a_step_outwards_follows_the_height_and_is_fourfold_at_most() {
        for goal in [0.01, 1.0, 100.0] {
            let after = |height: f64| Crossing::new(goal, 1e-3, 10.0).after(2.0, height * goal);
            assert_eq!(
                (after(0.5), after(0.0), after(-1.0)),
                (Next::Try(4.0), Next::Try(8.0), Next::Try(8.0)),
                "{goal}"
            );
        }
        // The farthest length comes before a longer step.
        assert_eq!(Crossing::new(1.0, 1e-3, 3.0).after(2.0, 0.5), Next::Try(3.0));
    }

    #[test]
    fn a_step_inwards_follows_the_secant() {
        let mut crossing = Crossing::new(1.0, 1e-3, 10.0);
        assert_eq!(crossing.after(2.0, 0.5), Next::Try(4.0));
        assert_eq!(crossing.after(4.0, 2.5), Next::Try(2.5));
        // Where the objective is not defined only the middle remains.
        let mut crossing = Crossing::new(1.0, 1e-3, 10.0);
        crossing.after(2.0, 0.5);
        assert_eq!(crossing.after(4.0, f64::INFINITY), Next::Try(3.0));
    }

    #[test]
    fn a_crossing_is_found_between_its_ends_or_told_to_be_out_of_reach() {
        let search = |height: &dyn Fn(f64) -> f64, longest: f64| {
            let mut crossing = Crossing::new(1.0, 1e-10, longest);
            let mut length: f64 = 1.0;
            loop {
                match crossing.after(length, height(length)) {
                    Next::Try(next) => length = next,
                    end => return (end, length),
                }
            }
        };
        for power in [0.3, 1.0, 3.0] {
            let (end, length) = search(&|x| (x / 7.0_f64).powf(power), f64::INFINITY);
            assert_eq!(end, Next::Found);
            assert!((length - 7.0).abs() < 1e-7, "{power} {length}");
        }
        assert_eq!(search(&|x| x / 7.0, 5.0), (Next::AtLimit, 5.0));
        // What rounding leaves between the ends goes with their size.
        for end in [4.0, 4e6] {
            let height = |x: f64| if x < end { 0.1 * x / end } else { f64::INFINITY };
            assert_eq!(search(&height, 2.0 * end).0, Next::Exhausted);
        }
    }
}
