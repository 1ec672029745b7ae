//! The likelihood around a point to second order, and where its profile along one coordinate meets a level.
//!
//! With `g` the gradient and `A` minus the Hessian, `logL(u + p) = L + g p - p A p / 2`. The profile along coordinate `x` is the maximum over all
//! others within their bounds: a concave function, a parabola as long as the same of them are held by their bounds (Venzon & Moolgavkar 1988,
//! Applied Statistics 37, 87, with bounds).

use ndarray::Array2;
use optimizers::{inverse, minimize_in_box};

/// Steps along pieces of parabolas; each costs two decompositions of a matrix over the others.
const PIECES: usize = 12;
/// By how much of `logL` the level may be missed in the model.
const EXACT: f64 = 1e-7;

/// What is added first to second derivatives that leave the others without a maximum, relative to them.
const RIDGE: f64 = 1e-3;

/// Bounds of each coordinate.
pub(crate) type Bounds = [(f64, f64)];

/// Value and derivatives at a point.
#[derive(Clone, Debug)]
pub(crate) struct Expansion {
    /// The point.
    pub(crate) at: Vec<f64>,
    /// `logL` there.
    pub(crate) value: f64,
    /// Its first derivatives.
    pub(crate) gradient: Vec<f64>,
    /// Minus its second derivatives, as far as they are known.
    pub(crate) curvature: Array2<f64>,
}

/// The maximum over the others, with the coordinate moved by so much.
struct Best {
    /// Steps of all coordinates.
    step: Vec<f64>,
    value: f64,
    /// Derivative of the profile.
    slope: f64,
    /// Which coordinates are held, the moving one included.
    held: Vec<bool>,
}

/// Where the profile meets a level.
#[derive(Debug)]
pub(crate) struct Meeting {
    /// The profile where the coordinate stands.
    pub(crate) here: f64,
    /// Steps of all coordinates from here to the level.
    pub(crate) step: Vec<f64>,
}

/// Why it does not.
#[derive(Debug, PartialEq)]
pub(crate) enum Miss {
    /// It does not fall.
    NoFall,
    /// `A` is not positive definite over the others.
    NotConcave,
}

impl Expansion {
    /// The step to the maximum over all coordinates and how much higher that is.
    pub(crate) fn summit(&self, bounds: &Bounds) -> Option<(Vec<f64>, f64)> {
        let all: Vec<usize> = (0..self.at.len()).collect();
        let (step, gain, _) = self.maximum(bounds, &all, &self.gradient)?;
        Some((step, gain))
    }

    /// Where the profile along coordinate `x` meets `level` on its far, falling side.
    pub(crate) fn meeting(&self, bounds: &Bounds, x: usize, level: f64) -> Result<Meeting, Miss> {
        let mut best = self.best(bounds, x, 0.0).ok_or(Miss::NotConcave)?;
        let here = best.value;
        for _ in 0..PIECES {
            let above = best.value - level;
            if above.abs() < EXACT && best.slope < 0.0 {
                break;
            }
            let bend = self.profile_curvature(x, &best.held).ok_or(Miss::NotConcave)?;
            let root = (best.slope * best.slope + 2.0 * bend * above).max(0.0).sqrt();
            // The right root of `above + slope d - bend d^2 / 2`, in the form that loses no digits.
            let step = if best.slope < 0.0 { 2.0 * above / (root - best.slope) } else { (best.slope + root) / bend };
            if !step.is_finite() {
                return Err(Miss::NoFall);
            }
            best = self.best(bounds, x, best.step[x] + step).ok_or(Miss::NotConcave)?;
        }
        Ok(Meeting { here, step: best.step })
    }

    /// The second derivatives brought up to date by what the gradient did between two points (Broyden, Fletcher, Goldfarb, Shanno; J. Nocedal, S.
    /// Wright, Numerical Optimization, 2nd ed., 6.19). Left alone where `logL` is not concave between them.
    pub(crate) fn updated_curvature(&self, at: &[f64], gradient: &[f64]) -> Array2<f64> {
        let n = at.len();
        let way: Vec<f64> = at.iter().zip(&self.at).map(|(new, old)| new - old).collect();
        let bend: Vec<f64> = self.gradient.iter().zip(gradient).map(|(old, new)| old - new).collect();
        let along: Vec<f64> = (0..n).map(|i| dot(self.curvature.row(i).iter(), &way)).collect();
        let (found, expected) = (dot(bend.iter(), &way), dot(along.iter(), &way));
        let mut curvature = self.curvature.clone();
        if found > 1e-3 * expected && expected > 0.0 {
            curvature.indexed_iter_mut().for_each(|((i, j), a)| {
                *a += bend[i] * bend[j] / found - along[i] * along[j] / expected;
            });
        }
        curvature
    }

    /// Takes other second derivatives, made such that the others of `x` have a maximum (K. Levenberg 1944, Quart. Appl. Math. 2, 164).
    pub(crate) fn take_curvature(&mut self, curvature: Array2<f64>, x: usize) {
        self.curvature = curvature;
        let others: Vec<usize> = (0..self.at.len()).filter(|&i| i != x).collect();
        let mut ridge = RIDGE;
        while ridge < 1e3 && inverse(&self.block(&others)).is_none() {
            let largest = self.curvature.diag().iter().fold(0.0_f64, |most, bend| most.max(bend.abs()));
            for &i in &others {
                let bend = &mut self.curvature[[i, i]];
                *bend += ridge * bend.abs().max(1e-12 * largest);
            }
            ridge *= 4.0;
        }
    }

    /// The maximum over all coordinates but `x`, which is moved by `dx`.
    fn best(&self, bounds: &Bounds, x: usize, dx: f64) -> Option<Best> {
        let others: Vec<usize> = (0..self.at.len()).filter(|&i| i != x).collect();
        let gradient: Vec<f64> =
            self.gradient.iter().enumerate().map(|(i, g)| g - self.curvature[[i, x]] * dx).collect();
        let (mut step, gain, mut held) = self.maximum(bounds, &others, &gradient)?;
        let bend = self.curvature[[x, x]];
        let value = self.value + self.gradient[x] * dx - 0.5 * bend * dx * dx + gain;
        let slope = gradient[x] - dot(self.curvature.row(x).iter(), &step);
        (step[x], held[x]) = (dx, true);
        (value.is_finite() && slope.is_finite()).then_some(Best { step, value, slope, held })
    }

    /// The maximum over some coordinates within their bounds: the step of all, the gain, and which are held (those that take no part are).
    fn maximum(&self, bounds: &Bounds, some: &[usize], gradient: &[f64]) -> Option<(Vec<f64>, f64, Vec<bool>)> {
        let down: Vec<f64> = some.iter().map(|&i| -gradient[i]).collect();
        let room =
            |end: fn(&(f64, f64)) -> f64| -> Vec<f64> { some.iter().map(|&i| end(&bounds[i]) - self.at[i]).collect() };
        let (lower, upper) = (room(|b| b.0), room(|b| b.1));
        // What stands outside by a rounding stands on its bound.
        let (lower, upper) = (
            lower.iter().map(|l| l.min(0.0)).collect::<Vec<_>>(),
            upper.iter().map(|u| u.max(0.0)).collect::<Vec<_>>(),
        );
        let best = minimize_in_box(&self.block(some), &down, &lower, &upper)?;
        let (mut step, mut held) = (vec![0.0; self.at.len()], vec![true; self.at.len()]);
        for ((&i, p), is_held) in some.iter().zip(best.p).zip(best.held) {
            (step[i], held[i]) = (p, is_held);
        }
        Some((step, best.decrease, held))
    }

    /// How strongly the profile along `x` bends while these are held: `A_xx - A_xm (A_mm)^-1 A_mx`, never negative.
    fn profile_curvature(&self, x: usize, held: &[bool]) -> Option<f64> {
        let moving: Vec<usize> = (0..held.len()).filter(|&i| !held[i]).collect();
        let inverse = inverse(&self.block(&moving))?;
        let mixed: Vec<f64> = moving.iter().map(|&i| self.curvature[[i, x]]).collect();
        let follow: Vec<f64> = inverse.outer_iter().map(|row| dot(row.iter(), &mixed)).collect();
        Some((self.curvature[[x, x]] - dot(follow.iter(), &mixed)).max(0.0))
    }

    fn block(&self, some: &[usize]) -> Array2<f64> {
        Array2::from_shape_fn((some.len(), some.len()), |(i, j)| self.curvature[[some[i], some[j]]])
    }
}

fn dot<'a>(a: impl Iterator<Item = &'a f64>, b: &[f64]) -> f64 {
    a.zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn expansion() -> Expansion {
        Expansion {
            at: vec![1.0, 2.0],
            value: -5.0,
            gradient: vec![0.0, 0.0],
            curvature: array![[4.0, -2.0], [-2.0, 3.0]],
        }
    }

    #[test]
    fn the_profile_of_a_parabola_falls_by_a_half_at_the_error() {
        let wide = [(-1e9, 1e9); 2];
        let met = expansion().meeting(&wide, 0, -5.5).unwrap();
        // The inverse of the matrix is [[3, 2], [2, 4]] / 8.
        assert!((met.step[0] - (3.0_f64 / 8.0).sqrt()).abs() < 1e-7 && met.here == -5.0, "{met:?}");
        assert!((met.step[1] - met.step[0] * 2.0 / 3.0).abs() < 1e-12, "{met:?}");
    }

    #[test]
    fn a_bound_of_another_coordinate_makes_it_fall_faster() {
        let bounds = [(-1e9, 1e9), (-1e9, 2.1)];
        let met = expansion().meeting(&bounds, 0, -5.5).unwrap();
        let [x, y] = [met.step[0], met.step[1]];
        assert!((y - 0.1).abs() < 1e-15 && x < (3.0_f64 / 8.0).sqrt() && x > 0.5, "{met:?}");
        assert!((2.0 * x * x - 2.0 * x * y + 1.5 * y * y - 0.5).abs() < 1e-6);
    }

    #[test]
    fn straight_falls_rises_and_saddles_are_told() {
        let line =
            |slope: f64| Expansion { at: vec![0.0], value: 0.0, gradient: vec![slope], curvature: array![[0.0]] };
        let met = line(-2.0).meeting(&[(0.0, 1e9)], 0, -1.0).unwrap();
        assert!((met.step[0] - 0.5).abs() < 1e-12);
        assert_eq!(line(0.0).meeting(&[(0.0, 1e9)], 0, -1.0).unwrap_err(), Miss::NoFall);
        let mut saddle = expansion();
        saddle.curvature[[1, 1]] = -3.0;
        assert_eq!(saddle.meeting(&[(-1e9, 1e9); 2], 0, -5.5).unwrap_err(), Miss::NotConcave);
    }

    #[test]
    fn second_derivatives_without_a_maximum_are_given_one() {
        let mut saddle = expansion();
        saddle.take_curvature(array![[4.0, -2.0], [-2.0, -3.0]], 0);
        assert!(saddle.curvature[[1, 1]] > 0.0 && saddle.curvature[[0, 0]] == 4.0);
        saddle.take_curvature(array![[4.0, -2.0], [-2.0, 3.0]], 0);
        assert_eq!(saddle.curvature[[1, 1]], 3.0);
    }

    #[test]
    fn the_update_reproduces_what_the_gradient_did() {
        let before = expansion();
        let (at, gradient) = ([1.3, 1.8], [-1.9, 1.4]);
        let updated = before.updated_curvature(&at, &gradient);
        for (row, change) in updated.outer_iter().zip([1.9, -1.4]) {
            assert!((row[0] * 0.3 - row[1] * 0.2 - change).abs() < 1e-12);
        }
    }
}
