//! One parameter of a spectrum or spatial model.

use serde::Serialize;

use crate::error::{Error, Result, finite};
use crate::prior::Prior;

/// Values this close to a bound, relatively, are taken as the bound itself (as the LAT tools do).
const SNAP: f64 = 1e-8;

/// A parameter as it stands in a source model: a value, its scale, bounds and error.
///
/// `value`, `min`, `max` and `error` are in *scaled* units, as in the XML; formulas use the *true* value,
/// `value * scale`. Derivatives in this crate are with respect to `value`. Bounds of `(0, 0)` mean "no bounds".
///
/// ```
/// use roi_model::Parameter;
///
/// let mut index = Parameter::new("Index", 2.3)?.with_scale(-1.0)?.with_bounds(0.0, 5.0)?.with_free(true);
/// assert_eq!(index.true_value(), -2.3);
/// index.set_true_value(-2.0)?;
/// assert_eq!(index.value(), 2.0);
/// assert!(index.set_value(7.0).is_err());
/// # Ok::<(), roi_model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    name: String,
    value: f64,
    scale: f64,
    min: f64,
    max: f64,
    free: bool,
    error: f64,
    #[serde(skip)]
    always_fixed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    prior: Option<Prior>,
    #[serde(skip)]
    attributes: Vec<(String, String)>,
}

/// What of a parameter a fit can change, kept by [`crate::roi::RoiState`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ParameterState {
    value: f64,
    scale: f64,
    min: f64,
    max: f64,
    free: bool,
    error: f64,
}

impl Parameter {
    /// A fixed parameter of scale 1, without bounds and with error 0.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for a NaN or infinite value, [`Error::EmptyName`] for an empty name.
    pub fn new(name: impl Into<String>, value: f64) -> Result<Self> {
        let name = name.into();
        if name.is_empty() {
            return Err(Error::EmptyName { what: "parameter" });
        }
        finite(value, || format!("parameter {name:?}: its value"))?;
        Ok(Self {
            name,
            value,
            scale: 1.0,
            min: 0.0,
            max: 0.0,
            free: false,
            error: 0.0,
            always_fixed: false,
            prior: None,
            attributes: Vec::new(),
        })
    }

    /// The same parameter with another scale; `value` stays.
    ///
    /// # Errors
    /// [`Error::NonFinite`] or [`Error::ZeroScale`].
    pub fn with_scale(mut self, scale: f64) -> Result<Self> {
        self.set_scale(scale)?;
        Ok(self)
    }

    /// The same parameter with bounds, in scaled units; `(0, 0)` means none.
    ///
    /// # Errors
    /// As [`Parameter::set_bounds`].
    pub fn with_bounds(mut self, min: f64, max: f64) -> Result<Self> {
        self.set_bounds(min, max)?;
        Ok(self)
    }

    /// The same parameter, free or fixed.
    #[must_use]
    pub fn with_free(mut self, free: bool) -> Self {
        self.set_free(free);
        self
    }

    /// The same parameter with an error (uncertainty), in scaled units.
    ///
    /// # Errors
    /// As [`Parameter::set_error`].
    pub fn with_error(mut self, error: f64) -> Result<Self> {
        self.set_error(error)?;
        Ok(self)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value, in scaled units.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The scale.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// `value * scale`.
    pub fn true_value(&self) -> f64 {
        self.value * self.scale
    }

    /// The error (uncertainty), in scaled units; 0 when there is none.
    pub fn error(&self) -> f64 {
        self.error
    }

    /// `|error * scale|`.
    pub fn true_error(&self) -> f64 {
        (self.error * self.scale).abs()
    }

    /// Whether a fit may vary it.
    pub fn is_free(&self) -> bool {
        self.free
    }

    /// Whether it can never be freed (integration limits, break energies of tabulated functions).
    pub fn is_always_fixed(&self) -> bool {
        self.always_fixed
    }

    /// Lower bound as in the XML, in scaled units.
    pub fn min(&self) -> f64 {
        self.min
    }

    /// Upper bound as in the XML, in scaled units.
    pub fn max(&self) -> f64 {
        self.max
    }

    /// Effective bounds in scaled units: infinite when [`min`](Self::min) and [`max`](Self::max) are both 0.
    pub fn bounds(&self) -> (f64, f64) {
        if self.min == 0.0 && self.max == 0.0 { (f64::NEG_INFINITY, f64::INFINITY) } else { (self.min, self.max) }
    }

    /// Whether a fit may move it: it is free, and its bounds leave room.
    ///
    /// ```
    /// use roi_model::Parameter;
    ///
    /// let held = Parameter::new("Prefactor", 2.0)?.with_bounds(2.0, 2.0)?.with_free(true);
    /// assert!(held.is_free() && !held.can_move());
    /// assert!(held.with_bounds(0.0, 2.0)?.can_move());
    /// # Ok::<(), roi_model::Error>(())
    /// ```
    pub fn can_move(&self) -> bool {
        let (low, high) = self.bounds();
        self.free && low < high
    }

    /// Prior knowledge of its `value`.
    pub fn prior(&self) -> Option<&Prior> {
        self.prior.as_ref()
    }

    /// Sets or removes the prior. It is no part of the XML, and [`RoiState`](crate::RoiState) does not keep it.
    pub fn set_prior(&mut self, prior: Option<Prior>) {
        self.prior = prior;
    }

    /// Attributes of the XML element that this crate does not know, in their order.
    pub fn attributes(&self) -> &[(String, String)] {
        &self.attributes
    }

    /// Sets the value, in scaled units. A value within 1e-8 (relative) of a bound becomes the bound.
    ///
    /// # Errors
    /// [`Error::NonFinite`], or [`Error::OutOfBounds`]; the parameter is then unchanged.
    pub fn set_value(&mut self, value: f64) -> Result<()> {
        self.value = self.accepted(value)?;
        Ok(())
    }

    /// What [`set_value`](Self::set_value) would make of this value.
    pub(crate) fn accepted(&self, value: f64) -> Result<f64> {
        finite(value, || format!("parameter {:?}: its value", self.name))?;
        let near = |bound: f64| bound != 0.0 && ((value - bound) / bound).abs() < SNAP;
        let (min, max) = self.bounds();
        if near(self.min) {
            Ok(self.min)
        } else if near(self.max) {
            Ok(self.max)
        } else if min <= value && value <= max {
            Ok(value)
        } else {
            Err(Error::OutOfBounds { parameter: self.name.clone(), value, min: self.min, max: self.max })
        }
    }

    /// Sets the value so that `value * scale` is `true_value`.
    ///
    /// # Errors
    /// As [`Parameter::set_value`].
    pub fn set_true_value(&mut self, true_value: f64) -> Result<()> {
        self.set_value(true_value / self.scale)
    }

    /// Sets the bounds, in scaled units; `(0, 0)` means none.
    ///
    /// # Errors
    /// [`Error::NonFinite`], [`Error::InvalidBounds`], or [`Error::OutOfBounds`] when the present value is outside;
    /// the parameter is then unchanged.
    pub fn set_bounds(&mut self, min: f64, max: f64) -> Result<()> {
        finite(min, || format!("parameter {:?}: its lower bound", self.name))?;
        finite(max, || format!("parameter {:?}: its upper bound", self.name))?;
        if min > max {
            return Err(Error::InvalidBounds { parameter: self.name.clone(), min, max });
        }
        let old = (self.min, self.max);
        (self.min, self.max) = (min, max);
        // The value takes part in the snapping, so that a value off its bound by rounding is no error.
        let checked = self.set_value(self.value);
        if checked.is_err() {
            (self.min, self.max) = old;
        }
        checked
    }

    /// Sets the scale; `value`, bounds and error stay, so the true value changes.
    ///
    /// # Errors
    /// [`Error::NonFinite`] or [`Error::ZeroScale`].
    pub fn set_scale(&mut self, scale: f64) -> Result<()> {
        finite(scale, || format!("parameter {:?}: its scale", self.name))?;
        if scale == 0.0 {
            return Err(Error::ZeroScale { parameter: self.name.clone() });
        }
        self.scale = scale;
        Ok(())
    }

    /// Sets the scale and keeps the true value, the true bounds, the true error, and the prior of the true value.
    ///
    /// # Errors
    /// [`Error::NonFinite`] or [`Error::ZeroScale`], also when a quantity overflows in the new units, and an error of
    /// [`Prior::rescaled`]; the parameter is then unchanged.
    pub fn rescale(&mut self, scale: f64) -> Result<()> {
        let mut new = self.clone();
        new.set_scale(scale)?;
        let factor = self.scale / scale;
        let (a, b) = (self.min * factor, self.max * factor);
        let (value, error) = (self.value * factor, self.error * factor.abs());
        for x in [value, a, b, error] {
            finite(x, || format!("parameter {:?} with scale {scale:?}", self.name))?;
        }
        new.prior = self.prior.map(|prior| prior.rescaled(factor)).transpose()?;
        (new.min, new.max) = (a.min(b), a.max(b));
        let (min, max) = new.bounds();
        // Rounding must not push the value over a bound that moved with it.
        new.value = value.clamp(min, max);
        new.error = error;
        *self = new;
        Ok(())
    }

    /// Frees or fixes it; freeing has no effect when it is [always fixed](Self::is_always_fixed).
    pub fn set_free(&mut self, free: bool) {
        self.free = free && !self.always_fixed;
    }

    /// Sets the error (uncertainty), in scaled units.
    ///
    /// # Errors
    /// [`Error::NonFinite`] or [`Error::NegativeError`].
    pub fn set_error(&mut self, error: f64) -> Result<()> {
        finite(error, || format!("parameter {:?}: its error", self.name))?;
        if error < 0.0 {
            return Err(Error::NegativeError { parameter: self.name.clone(), error });
        }
        self.error = error;
        Ok(())
    }

    pub(crate) fn with_attributes(mut self, attributes: Vec<(String, String)>) -> Self {
        self.attributes = attributes;
        self
    }

    pub(crate) fn mark_always_fixed(&mut self) {
        self.always_fixed = true;
        self.free = false;
    }

    pub(crate) fn state(&self) -> ParameterState {
        let Self { value, scale, min, max, free, error, .. } = *self;
        ParameterState { value, scale, min, max, free, error }
    }

    pub(crate) fn restore(&mut self, state: &ParameterState) {
        let ParameterState { value, scale, min, max, free, error } = *state;
        (self.value, self.scale, self.min, self.max, self.free, self.error) = (value, scale, min, max, free, error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn value_near_a_bound_becomes_the_bound() {
        let mut p = Parameter::new("Index", 2.0).unwrap().with_bounds(1.0, 5.0).unwrap();
        p.set_value(5.0 * (1.0 + 0.9e-8)).unwrap();
        assert_eq!(p.value(), 5.0);
        p.set_value(1.0 * (1.0 - 0.9e-8)).unwrap();
        assert_eq!(p.value(), 1.0);
        assert!(matches!(p.set_value(5.0 * (1.0 + 1.1e-8)), Err(Error::OutOfBounds { .. })));
        assert_eq!(p.value(), 1.0);
    }

    #[test]
    fn bounds_of_zero_mean_none() {
        let mut p = Parameter::new("Index", 2.0).unwrap().with_bounds(0.0, 0.0).unwrap();
        assert_eq!(p.bounds(), (f64::NEG_INFINITY, f64::INFINITY));
        p.set_value(-1e30).unwrap();
        assert_eq!(p.value(), -1e30);
    }

    #[test]
    fn bad_numbers_are_refused_and_leave_no_trace() {
        let p = Parameter::new("Index", 2.0).unwrap().with_bounds(1.0, 5.0).unwrap();
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut q = p.clone();
            assert!(q.set_value(bad).is_err());
            assert!(q.set_true_value(bad).is_err());
            assert!(q.set_bounds(bad, 5.0).is_err());
            assert!(q.set_bounds(0.0, bad).is_err());
            assert!(q.set_scale(bad).is_err());
            assert!(q.rescale(bad).is_err());
            assert!(q.set_error(bad).is_err());
            assert!(Parameter::new("Index", bad).is_err());
            assert_eq!(p, q);
        }
        let mut q = p.clone();
        assert!(q.set_bounds(3.0, 5.0).is_err());
        assert!(q.set_bounds(5.0, 1.0).is_err());
        assert!(q.set_scale(0.0).is_err());
        assert!(q.rescale(0.0).is_err());
        assert!(q.rescale(1e-309).is_err());
        assert!(q.set_error(-1.0).is_err());
        assert!(Parameter::new("", 1.0).is_err());
        assert_eq!(p, q);
    }

    #[test]
    fn set_scale_keeps_the_value_and_rescale_the_true_value() {
        let p = Parameter::new("Prefactor", 2.0).unwrap().with_scale(1e-12).unwrap().with_bounds(1.0, 4.0).unwrap();
        let p = p.with_error(0.5).unwrap();
        let mut q = p.clone();
        q.set_scale(1e-11).unwrap();
        assert_eq!((q.value(), q.min(), q.max(), q.error()), (2.0, 1.0, 4.0, 0.5));
        let mut q = p.clone();
        q.set_prior(Some(Prior::gaussian(3.0, 0.5).unwrap()));
        q.rescale(-0.5e-12).unwrap();
        assert_eq!(q.prior(), Some(&Prior::gaussian(-12.0 / 2.0, 1.0).unwrap()));
        assert_eq!((q.value(), q.min(), q.max(), q.error()), (-4.0, -8.0, -2.0, 1.0));
        assert_eq!(q.true_error(), p.true_error());
    }

    proptest! {
        #[test]
        fn rescale_keeps_true_value_and_bounds(value in -9.0..9.0f64, exponent in -15.0..15.0f64, sign in proptest::bool::ANY) {
            let mut p = Parameter::new("x", value).unwrap().with_scale(3e-7).unwrap().with_bounds(-9.0, 9.0).unwrap();
            let before = p.true_value();
            p.rescale(exponent.exp() * if sign { 1.0 } else { -1.0 }).unwrap();
            prop_assert!((p.true_value() - before).abs() <= 4e-16 * before.abs());
            prop_assert!(p.min() <= p.value() && p.value() <= p.max());
            prop_assert!(p.set_value(p.value()).is_ok());
        }

        #[test]
        fn state_restores_every_bit(value in proptest::num::f64::NORMAL, scale in proptest::num::f64::NORMAL) {
            let p = Parameter::new("x", value).unwrap().with_scale(scale).unwrap().with_free(true);
            let mut q = p.clone();
            q.restore(&Parameter::new("x", 1.0).unwrap().state());
            q.restore(&p.state());
            prop_assert_eq!(q.value().to_bits(), value.to_bits());
            prop_assert_eq!(q, p);
        }
    }
}
