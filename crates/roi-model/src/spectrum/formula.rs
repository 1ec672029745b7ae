//! A spectrum is written once, as a formula over any number that carries derivatives.

use std::fmt::Debug;

use num_dual::{Dual64, DualNum, HyperDual64};

/// A number that carries no, first or second derivatives: `f64`, [`Dual64`] or [`HyperDual64`].
pub(crate) trait Number: DualNum<Primitive = f64> + Copy {
    /// `f(self)` for a function whose value, first and second derivative at the real part are given.
    fn chain(self, f: f64, f1: f64, f2: f64) -> Self;

    /// The curve of a kernel that is known at run time only.
    fn curve<'a>(kernel: &'a dyn Kernel, p: &'a [Self]) -> Curve<'a, Self>;
}

/// dN/dE as a function of energy in MeV, for parameters that are already bound.
pub(crate) type Curve<'a, D> = Box<dyn Fn(D) -> D + 'a>;

/// A spectral formula. What depends on the parameters alone is computed once, before the returned closure.
pub(crate) trait Formula: Debug + Send + Sync {
    /// dN/dE as a function of energy (MeV), for the true values `p` of the parameters in declaration order.
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a;

    /// First and last energy (MeV) where it is defined.
    fn domain(&self) -> (f64, f64) {
        (0.0, f64::INFINITY)
    }

    /// What is wrong with these true values, and what to do.
    fn check(&self, p: &[f64]) -> Result<(), String> {
        let _ = p;
        Ok(())
    }
}

/// The parameters of a formula by name: `let [norm, index, scale] = bind(p)`. Their number is checked when the spectrum is
/// made; a missing one would be NaN.
#[inline]
pub(crate) fn bind<D: Number, const N: usize>(p: &[D]) -> [D; N] {
    std::array::from_fn(|i| p.get(i).copied().unwrap_or_else(|| D::from(f64::NAN)))
}

/// A [`Formula`] behind a pointer, one method a kind of number.
pub(crate) trait Kernel: Debug + Send + Sync {
    fn values<'a>(&'a self, p: &'a [f64]) -> Curve<'a, f64>;
    fn first_derivatives<'a>(&'a self, p: &'a [Dual64]) -> Curve<'a, Dual64>;
    fn second_derivatives<'a>(&'a self, p: &'a [HyperDual64]) -> Curve<'a, HyperDual64>;
    fn energies(&self) -> (f64, f64);
    fn objection(&self, p: &[f64]) -> Result<(), String>;
}

impl<F: Formula> Kernel for F {
    fn values<'a>(&'a self, p: &'a [f64]) -> Curve<'a, f64> {
        Box::new(self.dnde(p))
    }

    fn first_derivatives<'a>(&'a self, p: &'a [Dual64]) -> Curve<'a, Dual64> {
        Box::new(self.dnde(p))
    }

    fn second_derivatives<'a>(&'a self, p: &'a [HyperDual64]) -> Curve<'a, HyperDual64> {
        Box::new(self.dnde(p))
    }

    fn energies(&self) -> (f64, f64) {
        self.domain()
    }

    fn objection(&self, p: &[f64]) -> Result<(), String> {
        self.check(p)
    }
}

impl Number for f64 {
    #[inline]
    fn chain(self, f: f64, _: f64, _: f64) -> Self {
        f
    }

    fn curve<'a>(kernel: &'a dyn Kernel, p: &'a [Self]) -> Curve<'a, Self> {
        kernel.values(p)
    }
}

impl Number for Dual64 {
    #[inline]
    fn chain(self, f: f64, f1: f64, _: f64) -> Self {
        Self::new(f, f1 * self.eps)
    }

    fn curve<'a>(kernel: &'a dyn Kernel, p: &'a [Self]) -> Curve<'a, Self> {
        kernel.first_derivatives(p)
    }
}

impl Number for HyperDual64 {
    #[inline]
    fn chain(self, f: f64, f1: f64, f2: f64) -> Self {
        Self::new(f, f1 * self.eps1, f1 * self.eps2, f1 * self.eps1eps2 + f2 * self.eps1 * self.eps2)
    }

    fn curve<'a>(kernel: &'a dyn Kernel, p: &'a [Self]) -> Curve<'a, Self> {
        kernel.second_derivatives(p)
    }
}
