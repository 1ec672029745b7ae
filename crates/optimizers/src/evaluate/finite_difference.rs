//! Numerical derivatives with steps that adapt to the curvature and never leave the bounds.
//!
//! Every parameter has a *scale*: the distance at which the objective rises by the error definition, estimated from
//! its second derivative. Steps are fractions of the scale that balance the rounding noise of the objective against
//! the truncation error of the difference formula.

use ndarray::Array2;

/// How often a step is tried anew, smaller where the objective is not finite, or better matched to the curvature.
const TRIES: usize = 8;

/// The function to differentiate; infinite where it is not defined.
pub(crate) type Function<'a, E> = &'a mut dyn FnMut(&[f64]) -> Result<f64, E>;
/// The gradient to differentiate; `None` where it is not finite.
pub(crate) type Gradient<'a, E> = &'a mut dyn FnMut(&[f64]) -> Result<Option<Vec<f64>>, E>;

/// Everything a difference needs to know besides the function.
#[derive(Debug, Clone)]
pub(crate) struct Differences {
    pub(crate) lower: Vec<f64>,
    pub(crate) upper: Vec<f64>,
    pub(crate) scale: Vec<f64>,
    pub(crate) error_definition: f64,
    pub(crate) precision: f64,
}

/// Where to evaluate: at `x ± h`, or, beside a bound, at `x + h` and `x + 2h` with a signed `h`.
#[derive(Debug, Clone, Copy)]
enum Stencil {
    Central(f64),
    OneSided(f64),
}

/// The point around which differences are taken, with the value there.
#[derive(Clone, Copy)]
struct Centre<'x> {
    x: &'x [f64],
    f: f64,
}

/// A stencil with the values at its offsets.
type Probe = (Stencil, [f64; 2]);

impl Stencil {
    fn offsets(self) -> [f64; 2] {
        match self {
            Self::Central(h) => [h, -h],
            Self::OneSided(h) => [h, 2.0 * h],
        }
    }

    fn shrunk(self, factor: f64) -> Self {
        match self {
            Self::Central(h) => Self::Central(factor * h),
            Self::OneSided(h) => Self::OneSided(factor * h),
        }
    }

    fn step(self) -> f64 {
        match self {
            Self::Central(h) | Self::OneSided(h) => h,
        }
    }

    /// First derivative from the values at `x` and at the two offsets.
    fn first(self, here: f64, [a, b]: [f64; 2]) -> f64 {
        match self {
            Self::Central(h) => (a - b) / (2.0 * h),
            Self::OneSided(h) => (4.0 * (a - here) - (b - here)) / (2.0 * h),
        }
    }

    /// Second derivative likewise.
    fn second(self, here: f64, [a, b]: [f64; 2]) -> f64 {
        match self {
            Self::Central(h) => ((a - here) + (b - here)) / (h * h),
            Self::OneSided(h) => ((b - here) - 2.0 * (a - here)) / (h * h),
        }
    }
}

impl Differences {
    fn noise(&self, f: f64) -> f64 {
        self.precision * (f.abs() + self.error_definition)
    }

    /// The stencil of parameter `i` for a wanted step, representable and inside the bounds.
    fn stencil(&self, x: &[f64], i: usize, wanted: f64) -> Stencil {
        let smallest = 8.0 * f64::EPSILON * x[i].abs();
        let (below, above) = (x[i] - self.lower[i], self.upper[i] - x[i]);
        let h = wanted.max(smallest).min(0.25 * (below + above));
        let room = below.min(above);
        // Adding and subtracting leaves a step that the numbers can represent.
        if room >= h {
            Stencil::Central((x[i] + h) - x[i])
        } else if room >= 0.3 * h {
            Stencil::Central(((x[i] + room) - x[i]).min(room))
        } else if above > below {
            Stencil::OneSided((x[i] + h) - x[i])
        } else {
            Stencil::OneSided((x[i] - h) - x[i])
        }
    }

    fn scale_of(&self, second: f64) -> f64 {
        (2.0 * self.error_definition / second.abs()).sqrt()
    }

    fn set_scale(&mut self, i: usize, scale: f64) {
        if scale.is_normal() {
            self.scale[i] = scale;
        }
    }

    /// The two values around `x` along `i`, with a step that shrinks until both are finite.
    fn probe<E>(&self, f: Function<'_, E>, x: &[f64], i: usize, mut wanted: f64) -> Result<Option<Probe>, E> {
        let mut trial = x.to_vec();
        for _ in 0..TRIES {
            let stencil = self.stencil(x, i, wanted);
            let mut values = [0.0; 2];
            for (value, offset) in values.iter_mut().zip(stencil.offsets()) {
                trial[i] = (x[i] + offset).clamp(self.lower[i], self.upper[i]);
                *value = f(&trial)?;
            }
            if stencil.step() != 0.0 && values.iter().all(|v| v.is_finite()) {
                return Ok(Some((stencil, values)));
            }
            wanted = 0.1 * stencil.step().abs();
        }
        Ok(None)
    }

    /// Values along `i` with a step of `fraction` times the scale, the scale being refined on the way.
    fn adapt<E>(
        &mut self,
        f: Function<'_, E>,
        centre: Centre<'_>,
        i: usize,
        fraction: f64,
    ) -> Result<Option<Probe>, E> {
        let Centre { x, f: here } = centre;
        let mut best = None;
        for _ in 0..TRIES {
            let Some((stencil, values)) = self.probe(f, x, i, fraction * self.scale[i])? else { return Ok(best) };
            best = Some((stencil, values));
            let noise = self.noise(here);
            let h = stencil.step().abs();
            let second = stencil.second(here, values);
            let spread = values.iter().map(|v| (v - here).abs()).fold(0.0, f64::max);
            let new = if spread <= 4.0 * noise {
                // Nothing but noise: the step is far too short, or the objective is flat.
                100.0 * self.scale[i]
            } else if second.abs() * h * h <= 8.0 * noise {
                // A straight line as far as the noise lets one see.
                10.0 * self.scale[i]
            } else {
                self.scale_of(second).clamp(0.01 * self.scale[i], 100.0 * self.scale[i])
            };
            let limit = 1e3 * (self.upper[i] - self.lower[i]).min(1e6 * (x[i].abs() + self.scale[i]));
            let new = new.min(limit);
            let ratio = new / self.scale[i];
            self.set_scale(i, new);
            if (0.3..3.0).contains(&ratio) {
                break;
            }
        }
        Ok(best)
    }

    /// The gradient from values, by differences accurate to second order, or the first parameter along which the
    /// surroundings are not finite.
    pub(crate) fn gradient<E>(
        &mut self,
        f: Function<'_, E>,
        x: &[f64],
        here: f64,
    ) -> Result<Result<Vec<f64>, usize>, E> {
        let fraction = (self.noise(here) / self.error_definition).cbrt().clamp(1e-5, 0.03);
        let centre = Centre { x, f: here };
        let mut gradient = Vec::with_capacity(x.len());
        for i in 0..x.len() {
            let Some((stencil, values)) = self.adapt(f, centre, i, fraction)? else { return Ok(Err(i)) };
            gradient.push(stencil.first(here, values));
        }
        Ok(Ok(gradient))
    }

    /// The Hessian from values, after MINUIT's HESSE: adaptive steps on the diagonal, then one or two values a pair.
    pub(crate) fn hessian_from_values<E>(
        &mut self,
        f: Function<'_, E>,
        x: &[f64],
        here: f64,
    ) -> Result<Option<Array2<f64>>, E> {
        let n = x.len();
        let fraction = (4.0 * (self.noise(here) / self.error_definition).sqrt().sqrt()).clamp(1e-3, 0.1);
        let centre = Centre { x, f: here };
        let mut probes = Vec::with_capacity(n);
        let mut hessian = Array2::zeros((n, n));
        for i in 0..n {
            let Some((stencil, values)) = self.adapt(f, centre, i, fraction)? else { return Ok(None) };
            hessian[[i, i]] = stencil.second(here, values);
            probes.push((stencil, values));
        }
        for i in 0..n {
            for j in 0..i {
                let sides = [(i, probes[i]), (j, probes[j])];
                let Some(mixed) = self.mixed(f, centre, sides, &hessian)? else { return Ok(None) };
                hessian[[i, j]] = mixed;
                hessian[[j, i]] = mixed;
            }
        }
        Ok(Some(hessian))
    }

    /// The second derivative across two parameters, given what is known along each.
    fn mixed<E>(
        &self,
        f: Function<'_, E>,
        centre: Centre<'_>,
        [(i, (mut si, mut vi)), (j, (mut sj, mut vj))]: [(usize, Probe); 2],
        hessian: &Array2<f64>,
    ) -> Result<Option<f64>, E> {
        let Centre { x, f: here } = centre;
        let mut trial = x.to_vec();
        let mut at = |hi: f64, hj: f64| {
            trial[i] = (x[i] + hi).clamp(self.lower[i], self.upper[i]);
            trial[j] = (x[j] + hj).clamp(self.lower[j], self.upper[j]);
            let value = f(&trial);
            (trial[i], trial[j]) = (x[i], x[j]);
            value
        };
        let mut mixed = None;
        for _ in 0..TRIES {
            let (hi, hj) = (si.step(), sj.step());
            let change = match (si, sj) {
                (Stencil::Central(_), Stencil::Central(_)) => {
                    let (plus, minus) = (at(hi, hj)?, at(-hi, -hj)?);
                    0.5 * ((plus - vi[0]) - (vj[0] - here) + (minus - vi[1]) - (vj[1] - here))
                }
                _ => (at(hi, hj)? - vi[0]) - (vj[0] - here),
            };
            // At a minimum it cannot exceed the geometric mean of the changes along the parameters. Where it does by
            // far, their steps are too long across.
            let along = (hessian[[i, i]] * hi * hi * hessian[[j, j]] * hj * hj).abs().sqrt();
            let sensible = (4.0 * along).max(1e-3 * self.error_definition).max(1e3 * self.noise(here));
            if change.is_finite() {
                mixed = Some(change / (hi * hj));
                if change.abs() <= sensible {
                    break;
                }
            }
            let shrink = if change.is_finite() { (0.5 * sensible / change.abs()).sqrt().clamp(1e-3, 0.5) } else { 0.1 };
            (si, sj) = (si.shrunk(shrink), sj.shrunk(shrink));
            vi = [at(si.offsets()[0], 0.0)?, at(si.offsets()[1], 0.0)?];
            vj = [at(0.0, sj.offsets()[0])?, at(0.0, sj.offsets()[1])?];
        }
        Ok(mixed)
    }

    /// The Hessian from gradients, by central differences (one-sided beside a bound), symmetrised.
    pub(crate) fn hessian_from_gradients<E>(
        &mut self,
        g: Gradient<'_, E>,
        x: &[f64],
        here: (f64, &[f64]),
    ) -> Result<Option<Array2<f64>>, E> {
        let n = x.len();
        let (value, gradient) = here;
        let fraction = (self.noise(value) / self.error_definition).cbrt().clamp(2e-3, 1e-2);
        let mut hessian = Array2::zeros((n, n));
        for i in 0..n {
            let Some(column) = self.hessian_column(g, (x, gradient), i, fraction)? else { return Ok(None) };
            for (j, v) in column.into_iter().enumerate() {
                hessian[[i, j]] += 0.5 * v;
                hessian[[j, i]] += 0.5 * v;
            }
        }
        Ok(Some(hessian))
    }

    fn hessian_column<E>(
        &mut self,
        g: Gradient<'_, E>,
        (x, here): (&[f64], &[f64]),
        i: usize,
        fraction: f64,
    ) -> Result<Option<Vec<f64>>, E> {
        let mut trial = x.to_vec();
        let mut wanted = fraction * self.scale[i];
        let mut column = None;
        for _ in 0..TRIES {
            let stencil = self.stencil(x, i, wanted);
            // The bounds may leave less room than the numbers resolve.
            if stencil.step() == 0.0 {
                return Ok(None);
            }
            let mut sides = Vec::with_capacity(2);
            for offset in stencil.offsets() {
                trial[i] = (x[i] + offset).clamp(self.lower[i], self.upper[i]);
                sides.extend(g(&trial)?);
            }
            let [a, b] = sides.as_slice() else {
                wanted = 0.1 * stencil.step().abs();
                continue;
            };
            let difference: Vec<f64> = (0..x.len()).map(|j| stencil.first(here[j], [a[j], b[j]])).collect();
            let second = difference[i];
            column = Some(difference);
            let new = self.scale_of(second).clamp(1e-4 * self.scale[i], 1e4 * self.scale[i]);
            let ratio = new / self.scale[i];
            self.set_scale(i, new.min(1e3 * (self.upper[i] - self.lower[i])));
            if (0.2..5.0).contains(&ratio) || second == 0.0 {
                break;
            }
            wanted = fraction * self.scale[i];
        }
        Ok(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome<T> = Result<T, std::convert::Infallible>;

    fn differences(lower: f64, upper: f64, scale: f64, n: usize) -> Differences {
        Differences {
            lower: vec![lower; n],
            upper: vec![upper; n],
            scale: vec![scale; n],
            error_definition: 0.5,
            precision: 4.0 * f64::EPSILON,
        }
    }

    fn curve(x: &[f64]) -> f64 {
        (0.7 * x[0]).exp() * (1.0 + x[1] * x[1]) + (x[0] * x[1]).sin()
    }

    fn curve_gradient(x: &[f64]) -> Vec<f64> {
        let (e, c) = ((0.7 * x[0]).exp(), (x[0] * x[1]).cos());
        vec![0.7 * e * (1.0 + x[1] * x[1]) + x[1] * c, 2.0 * e * x[1] + x[0] * c]
    }

    fn curve_hessian(x: &[f64]) -> [f64; 3] {
        let (e, c, s) = ((0.7 * x[0]).exp(), (x[0] * x[1]).cos(), (x[0] * x[1]).sin());
        [
            0.49 * e * (1.0 + x[1] * x[1]) - x[1] * x[1] * s,
            1.4 * e * x[1] + c - x[0] * x[1] * s,
            2.0 * e - x[0] * x[0] * s,
        ]
    }

    /// Steps may start wrong by many orders of magnitude.
    #[test]
    fn derivatives_match_the_formulas_whatever_the_first_scale() {
        let x = [0.8, 0.6];
        for scale in [1e-6, 1.0, 1e4] {
            let mut d = differences(-10.0, 10.0, scale, 2);
            let mut f = |x: &[f64]| -> Outcome<f64> { Ok(curve(x)) };
            let Ok(Ok(g)) = d.gradient(&mut f, &x, curve(&x)) else { panic!("finite") };
            for (numerical, exact) in g.iter().zip(curve_gradient(&x)) {
                assert!((numerical - exact).abs() < 1e-8, "{numerical} {exact} from scale {scale}");
            }
            let Ok(Some(h)) = d.hessian_from_values(&mut f, &x, curve(&x)) else { panic!("finite") };
            let exact = curve_hessian(&x);
            for ((i, j), e) in [(0, 0), (0, 1), (1, 1)].into_iter().zip(exact) {
                assert!((h[[i, j]] - e).abs() < 1e-4, "{} {e} from scale {scale}", h[[i, j]]);
            }
        }
    }

    #[test]
    fn hessian_from_gradients_is_more_accurate() {
        let x = [0.8, 0.6];
        for scale in [1e-6, 1.0, 1e4] {
            let mut d = differences(-10.0, 10.0, scale, 2);
            let mut g = |x: &[f64]| -> Outcome<Option<Vec<f64>>> { Ok(Some(curve_gradient(x))) };
            let Ok(Some(h)) = d.hessian_from_gradients(&mut g, &x, (curve(&x), &curve_gradient(&x))) else {
                panic!("finite")
            };
            for ((i, j), e) in [(0, 0), (0, 1), (1, 1)].into_iter().zip(curve_hessian(&x)) {
                assert!((h[[i, j]] - e).abs() < 1e-6, "{} {e} from scale {scale}", h[[i, j]]);
            }
        }
    }

    #[test]
    fn beside_a_bound_nothing_is_evaluated_outside() {
        for x in [[0.0, 0.0], [0.0, 1.0], [1.0, 1e-9]] {
            let mut d = differences(0.0, 1.0, 0.3, 2);
            let mut f = |x: &[f64]| -> Outcome<f64> {
                assert!(x.iter().all(|v| (0.0..=1.0).contains(v)), "{x:?}");
                Ok(curve(x))
            };
            let Ok(Ok(g)) = d.gradient(&mut f, &x, curve(&x)) else { panic!("finite") };
            for (numerical, exact) in g.iter().zip(curve_gradient(&x)) {
                assert!((numerical - exact).abs() < 1e-7, "{numerical} {exact}");
            }
            let Ok(Some(h)) = d.hessian_from_values(&mut f, &x, curve(&x)) else { panic!("finite") };
            assert!((h[[1, 1]] - curve_hessian(&x)[2]).abs() < 1e-2);
        }
    }

    #[test]
    fn steps_shrink_where_the_function_ends() {
        let mut d = differences(f64::NEG_INFINITY, f64::INFINITY, 1.0, 1);
        let mut f = |x: &[f64]| -> Outcome<f64> { Ok(if x[0] > 0.0 { x[0].ln() } else { f64::INFINITY }) };
        let x = [1e-3];
        let Ok(Ok(g)) = d.gradient(&mut f, &x, x[0].ln()) else { panic!("finite") };
        assert!((g[0] / 1e3 - 1.0).abs() < 1e-6, "{g:?}");
    }
}
