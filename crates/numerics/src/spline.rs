//! Natural cubic splines: the smooth curve through the nodes of a table.

/// The cubic spline through nodes, with no curvature at both ends; beyond them it goes on straight (Press et al. 2007, Numerical Recipes,
/// section 3.3).
///
/// ```
/// let x = [0.0, 1.0, 2.0];
/// let spline = numerics::Spline::new(&x, vec![0.0, 1.0, 4.0]).unwrap();
/// assert_eq!(spline.value(1.0, false), 1.0);
/// assert_eq!(spline.value(0.5, false), 0.3125);
/// ```
#[derive(Clone, Debug)]
pub struct Spline<'a> {
    x: &'a [f64],
    y: Vec<f64>,
    curvature: Vec<f64>,
}

impl<'a> Spline<'a> {
    /// A spline through at least two nodes of increasing `x`; `None` for fewer, or another number of values.
    pub fn new(x: &'a [f64], y: Vec<f64>) -> Option<Self> {
        let n = x.len();
        if n < 2 || y.len() != n {
            return None;
        }
        // The tridiagonal system for the second derivatives, solved by elimination and substitution.
        let (mut upper, mut right) = (vec![0.0; n], vec![0.0; n]);
        for i in 1..n - 1 {
            let (before, after) = (x[i] - x[i - 1], x[i + 1] - x[i]);
            let slopes = (y[i + 1] - y[i]) / after - (y[i] - y[i - 1]) / before;
            let pivot = 2.0 * (before + after) - before * upper[i - 1];
            upper[i] = after / pivot;
            right[i] = (6.0 * slopes - before * right[i - 1]) / pivot;
        }
        let mut curvature = vec![0.0; n];
        for i in (1..n - 1).rev() {
            curvature[i] = right[i] - upper[i] * curvature[i + 1];
        }
        Some(Self { x, y, curvature })
    }

    /// The value at `x`. Between two nodes it stays between their values where `monotone`, so that a table without wiggles gets none.
    pub fn value(&self, x: f64, monotone: bool) -> f64 {
        let last = self.x.len() - 1;
        let low = self.x.partition_point(|&node| node <= x).clamp(1, last) - 1;
        let (x0, x1) = (self.x[low], self.x[low + 1]);
        let (y0, y1) = (self.y[low], self.y[low + 1]);
        let (m0, m1) = (self.curvature[low], self.curvature[low + 1]);
        let h = x1 - x0;
        if x < x0 || x > x1 {
            let (end, slope) = if x < x0 {
                (0, (y1 - y0) / h - h * (2.0 * m0 + m1) / 6.0)
            } else {
                (last, (y1 - y0) / h + h * (m0 + 2.0 * m1) / 6.0)
            };
            return self.y[end] + slope * (x - self.x[end]);
        }
        let (a, b) = ((x1 - x) / h, (x - x0) / h);
        let smooth = a * y0 + b * y1 + ((a * a * a - a) * m0 + (b * b * b - b) * m1) * h * h / 6.0;
        if monotone { smooth.clamp(y0.min(y1), y0.max(y1)) } else { smooth }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smooth_curve_is_met_between_its_nodes() {
        let x: Vec<f64> = (0..40).map(|i| f64::from(i) * 0.1 + 0.01 * f64::from(i % 3)).collect();
        let spline = Spline::new(&x, x.iter().map(|x| x.sin()).collect()).unwrap();
        for i in 50..330 {
            let at = 0.01 * f64::from(i);
            assert!((spline.value(at, false) - at.sin()).abs() < 2e-6, "{at}");
        }
    }

    #[test]
    fn a_line_is_a_line_everywhere() {
        let x = [0.0, 1.0, 3.0, 4.0];
        let spline = Spline::new(&x, x.iter().map(|x| 2.0 * x - 1.0).collect()).unwrap();
        for at in [-2.0, 0.0, 0.5, 2.0, 4.0, 9.0] {
            approx::assert_relative_eq!(spline.value(at, true), 2.0 * at - 1.0, epsilon = 1e-12);
        }
    }

    #[test]
    fn a_step_gets_no_overshoot() {
        let x = [0.0, 1.0, 2.0, 3.0, 4.0];
        let spline = Spline::new(&x, vec![1.0, 1.0, 1.0, 0.0, 0.0]).unwrap();
        for i in 0..=40 {
            let value = spline.value(0.1 * f64::from(i), true);
            assert!((0.0..=1.0).contains(&value));
        }
    }
}
