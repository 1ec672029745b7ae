//! A flux in the place of its source's norm, so that the profile along the flux is one along a coordinate.
//!
//! A flux is proportional to the norm `a`: `F = a f(s)`, `s` the free shape. With `phi(s) = f(s) / f(s0)`, `s0` the shape of the fit, the
//! coordinate `x = a phi(s)` replaces `a`; all other parameters stay. It is the norm itself where the shape is that of the fit, and everywhere
//! when `phi` is 1, which it is for the norm's own profile.

use ndarray::Array2;
use roi_model::Spectrum;

use crate::known::angular::{Angular, NamedFlux};
use crate::maximize::objective::Chart;

/// Steps of the differences, relative to a parameter or 1: good to 1e-9.
const DIFFERENCE: f64 = 3e-5;
/// The same for second differences: good to 1e-6.
const SECOND_DIFFERENCE: f64 = 1e-3;

/// The coordinates of a search: those of the model, but for the norm of one source.
#[derive(Clone, Debug)]
pub(crate) struct Coordinates {
    /// Where the norm stands among the free parameters.
    pub(crate) row: usize,
    /// The flux that takes its place, if it is not the norm itself.
    flux: Option<Flux>,
}

/// A flux as a function of its source's shape.
#[derive(Clone, Debug)]
struct Flux {
    /// The spectrum at norm 1.
    spectrum: Spectrum,
    /// The free shape: places among the free parameters, and in the spectrum.
    shape: Vec<(usize, usize)>,
    named: NamedFlux,
    angular: Angular,
    /// The flux at norm 1 with the shape of the fit.
    unit: f64,
}

/// `phi`, and its logarithm's derivatives with respect to the shape.
#[derive(Debug, Default)]
struct Factor {
    phi: f64,
    slopes: Vec<f64>,
}

impl Coordinates {
    /// Along the norm.
    pub(crate) fn norm(row: usize) -> Self {
        Self { row, flux: None }
    }

    /// Along a flux; `None` where it is not known. `unit` is the spectrum at norm 1, `shape` the places of its free shape among the free
    /// parameters and in the spectrum.
    pub(crate) fn flux(
        row: usize,
        (unit, shape): (&Spectrum, &[(usize, usize)]),
        named: &NamedFlux,
        angular: &Angular,
    ) -> Option<Self> {
        let flux = named.of(unit, angular).filter(|flux| flux.is_finite() && *flux > 0.0)?;
        let (mut spectrum, shape) = (unit.clone(), shape.to_vec());
        for &(_, index) in &shape {
            spectrum.parameters_mut().get_mut(index)?.set_bounds(0.0, 0.0).ok()?;
        }
        let flux = Flux { spectrum, shape, named: named.clone(), angular: angular.clone(), unit: flux };
        Some(Self { row, flux: Some(flux) })
    }

    /// The name of the flux.
    pub(crate) fn name(&self) -> Option<&str> {
        self.flux.as_ref().map(|flux| flux.named.name.as_str())
    }

    /// The point of these values.
    pub(crate) fn point(&self, values: &[f64]) -> Option<Vec<f64>> {
        let mut point = values.to_vec();
        point[self.row] *= self.phi(values)?;
        point[self.row].is_finite().then_some(point)
    }

    fn shape(&self) -> &[(usize, usize)] {
        self.flux.as_ref().map_or(&[], |flux| &flux.shape)
    }

    /// `phi` alone: one integral.
    fn phi(&self, values: &[f64]) -> Option<f64> {
        let Some(flux) = &self.flux else { return Some(1.0) };
        let (_, found) = flux.with_shape(values)?;
        Some(found / flux.unit).filter(|phi| phi.is_finite())
    }

    fn factor(&self, values: &[f64]) -> Option<Factor> {
        let Some(flux) = &self.flux else { return Some(Factor { phi: 1.0, slopes: Vec::new() }) };
        let (mut spectrum, found) = flux.with_shape(values)?;
        // Differences of the flux itself: the derivatives that results have are taken on a finer grid of energies, and are not quite its own.
        let mut slopes = Vec::with_capacity(flux.shape.len());
        for &(row, index) in &flux.shape {
            let (value, h) = (values[row], DIFFERENCE * values[row].abs().max(1.0));
            let mut at = |value: f64| {
                spectrum.parameters_mut().get_mut(index)?.set_value(value).ok()?;
                flux.named.of(&spectrum, &flux.angular)
            };
            slopes.push((at(value + h)? - at(value - h)?) / (2.0 * h * found));
            at(value)?;
        }
        Some(Factor { phi: found / flux.unit, slopes }).filter(|factor| factor.phi.is_finite())
    }
}

impl Flux {
    /// The spectrum at norm 1 with the shape of these values, and its flux.
    fn with_shape(&self, values: &[f64]) -> Option<(Spectrum, f64)> {
        let mut spectrum = self.spectrum.clone();
        for &(row, index) in &self.shape {
            spectrum.parameters_mut().get_mut(index)?.set_value(values[row]).ok()?;
        }
        let found = self.named.of(&spectrum, &self.angular).filter(|found| *found > 0.0)?;
        Some((spectrum, found))
    }
}

impl Chart for Coordinates {
    /// `None` where the flux is not defined.
    fn values(&self, point: &[f64]) -> Option<Vec<f64>> {
        let mut values = point.to_vec();
        values[self.row] /= self.phi(point)?;
        values[self.row].is_finite().then_some(values)
    }

    fn gradient(&self, values: &[f64], gradient: &[f64]) -> Option<Vec<f64>> {
        let Factor { phi, slopes } = self.factor(values)?;
        let (norm, along) = (values[self.row], gradient[self.row]);
        let mut gradient = gradient.to_vec();
        gradient[self.row] = along / phi;
        for ((row, _), slope) in self.shape().iter().zip(slopes) {
            // a = x / phi, so da/ds = -a d ln phi/ds.
            gradient[*row] -= along * norm * slope;
        }
        Some(gradient)
    }

    fn curvature(&self, values: &[f64], gradient: &[f64], curvature: &Array2<f64>) -> Option<Array2<f64>> {
        let Factor { phi, slopes } = self.factor(values)?;
        let (row, norm, along) = (self.row, values[self.row], gradient[self.row]);
        // Column by column, then row by row: J^T A J.
        let mut out = curvature.clone();
        for transposed in [false, true] {
            let mut view = if transposed { out.view_mut().reversed_axes() } else { out.view_mut() };
            let own = view.column(row).to_owned();
            for ((shape, _), slope) in self.shape().iter().zip(&slopes) {
                view.column_mut(*shape).scaled_add(-norm * slope, &own);
            }
            view.column_mut(row).mapv_inplace(|a| a / phi);
        }
        // All the rest is in proportion to the slope along the norm, which a maximum has not.
        let shape = if along == 0.0 { &[][..] } else { self.shape() };
        for (at, &(one, _)) in shape.iter().enumerate() {
            // d2a/dx ds = -(d ln phi/ds) / phi.
            out[[row, one]] += along * slopes[at] / phi;
            out[[one, row]] += along * slopes[at] / phi;
            // d2a/ds dt = a (d ln phi/ds d ln phi/dt - d2 ln phi/ds dt).
            let (value, h) = (values[one], SECOND_DIFFERENCE * values[one].abs().max(1.0));
            let mut moved = values.to_vec();
            let mut slopes_at = |value: f64| {
                moved[one] = value;
                Some(self.factor(&moved)?.slopes)
            };
            let (up, down) = (slopes_at(value + h)?, slopes_at(value - h)?);
            for (with, &(other, _)) in shape.iter().enumerate() {
                let bend = (up[with] - down[with]) / (2.0 * h);
                // Half of it from either order, so that the matrix is symmetric.
                let half = 0.5 * along * norm * (slopes[at] * slopes[with] - bend);
                out[[one, other]] -= half;
                out[[other, one]] -= half;
            }
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::angular::Integral;
    use ndarray::array;

    /// `logL` of the toy: a function of norm and index.
    fn loglike(v: &[f64]) -> f64 {
        let (a, s) = (v[0] - 2.0, v[1] - 2.2);
        -(3.0 * a * a - 1.5 * a * s + 2.0 * s * s)
    }

    fn gradient(v: &[f64]) -> Vec<f64> {
        let (a, s) = (v[0] - 2.0, v[1] - 2.2);
        vec![-(6.0 * a - 1.5 * s), -(4.0 * s - 1.5 * a)]
    }

    fn coordinates() -> Coordinates {
        let mut spectrum = Spectrum::with_defaults("PowerLaw").unwrap();
        let norm = spectrum.norm_index().unwrap();
        spectrum.parameters_mut()[norm].set_bounds(0.0, 0.0).unwrap();
        spectrum.parameters_mut()[norm].set_value(1.0).unwrap();
        let index = spectrum.index_of("Index").unwrap();
        spectrum.parameters_mut()[index].set_bounds(0.0, 0.0).unwrap();
        spectrum.parameters_mut()[index].set_value(2.2).unwrap();
        let named = NamedFlux { name: "flux".into(), integral: Integral::Photons, range: (100.0, 1e5) };
        Coordinates::flux(0, (&spectrum, &[(1, index)]), &named, &Angular::Constant(1.0)).unwrap()
    }

    #[test]
    fn derivatives_along_a_flux_are_finite_differences() {
        let coordinates = coordinates();
        assert_eq!(coordinates.point(&[2.0, 2.2]).unwrap(), [2.0, 2.2]);
        let values = [2.3, 2.1];
        let point = coordinates.point(&values).unwrap();
        for (back, value) in coordinates.values(&point).unwrap().iter().zip(values) {
            assert!((back / value - 1.0).abs() < 1e-14);
        }
        let found = coordinates.gradient(&values, &gradient(&values)).unwrap();
        for (i, slope) in found.into_iter().enumerate() {
            let at = |h: f64| {
                let mut moved = point.clone();
                moved[i] += h;
                loglike(&coordinates.values(&moved).unwrap())
            };
            assert!((slope - (at(1e-5) - at(-1e-5)) / 2e-5).abs() < 1e-4 * slope.abs(), "{i}: {slope}");
        }
    }

    #[test]
    fn second_derivatives_are_differences_of_the_gradient() {
        let coordinates = coordinates();
        let at = [2.3, 2.1];
        let point = coordinates.point(&at).unwrap();
        let found = coordinates.curvature(&at, &gradient(&at), &array![[6.0, -1.5], [-1.5, 4.0]]).unwrap();
        for i in 0..2 {
            let at = |h: f64| {
                let mut moved = point.clone();
                moved[i] += h;
                let values = coordinates.values(&moved).unwrap();
                coordinates.gradient(&values, &gradient(&values)).unwrap()
            };
            let (up, down) = (at(1e-4), at(-1e-4));
            for j in 0..2 {
                let expected = (down[j] - up[j]) / 2e-4;
                assert!((found[[i, j]] - expected).abs() < 1e-4 * expected.abs(), "{i} {j}: {found} {expected}");
            }
        }
    }
}
