//! Setting parameters: values, scales, bounds and errors.

use roi_model::{Parameter, Prior};

use crate::analysis::Analysis;
use crate::error::{Error, Result};

/// What [`Analysis::set_parameter`] sets. A plain number is a `value` (the scale not applied).
///
/// ```
/// use roi_fit::ParameterSetting;
///
/// let setting = ParameterSetting::true_value(3e-12).scale(1e-12).bounds(0.1, 100.0);
/// assert_eq!(ParameterSetting::from(2.0), ParameterSetting::value(2.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterSetting {
    value: f64,
    is_true: bool,
    scale: Option<f64>,
    bounds: Option<(f64, f64)>,
    error: Option<f64>,
}

impl ParameterSetting {
    /// Sets `value`, the scale not applied; an error is in the same units.
    pub fn value(value: f64) -> Self {
        Self { value, is_true: false, scale: None, bounds: None, error: None }
    }

    /// Sets the true value, `value * scale` (fermipy's default); an error is in the same units.
    pub fn true_value(value: f64) -> Self {
        Self { is_true: true, ..Self::value(value) }
    }

    /// Sets the scale first; nothing else changes with it.
    #[must_use]
    pub fn scale(mut self, scale: f64) -> Self {
        self.scale = Some(scale);
        self
    }

    /// Sets bounds, always in units of `value`; they are widened to hold the value.
    #[must_use]
    pub fn bounds(mut self, min: f64, max: f64) -> Self {
        self.bounds = Some((min, max));
        self
    }

    /// Sets the error, in the units that the value is given in.
    #[must_use]
    pub fn error(mut self, error: f64) -> Self {
        self.error = Some(error);
        self
    }

    fn apply(&self, parameter: &mut Parameter) -> Result<()> {
        if let Some(scale) = self.scale {
            parameter.set_scale(scale)?;
        }
        let to_scaled = if self.is_true { parameter.scale() } else { 1.0 };
        let value = self.value / to_scaled;
        let (min, max) = self.bounds.unwrap_or((parameter.min(), parameter.max()));
        if self.bounds.is_some() && min > max {
            // Widening would hide two bounds given in the wrong order.
            return Err(roi_model::Error::InvalidBounds { parameter: parameter.name().to_owned(), min, max }.into());
        }
        parameter.set_bounds(0.0, 0.0)?;
        parameter.set_value(value)?;
        if (min, max) != (0.0, 0.0) {
            parameter.set_bounds(min.min(value), max.max(value))?;
        }
        let error = self.error.map_or(0.0, |error| error / to_scaled.abs());
        Ok(parameter.set_error(error)?)
    }
}

impl From<f64> for ParameterSetting {
    fn from(value: f64) -> Self {
        Self::value(value)
    }
}

impl Analysis {
    /// Sets a parameter, as `setting` says. Bounds are widened to hold the value; the error becomes the one given, or 0.
    ///
    /// # Errors
    /// When there is no such source or parameter, or a number is not allowed (NaN, a scale of 0, bounds in the wrong order). Nothing
    /// is then changed.
    pub fn set_parameter(&mut self, name: &str, parameter: &str, setting: impl Into<ParameterSetting>) -> Result<()> {
        let setting = setting.into();
        self.change(name, parameter, |parameter| setting.apply(parameter))
    }

    /// Sets a parameter's bounds, in units of `value`; they must hold the present value. `(0, 0)` means none.
    ///
    /// # Errors
    /// As [`Analysis::set_parameter`], and when the value is outside.
    pub fn set_parameter_bounds(&mut self, name: &str, parameter: &str, min: f64, max: f64) -> Result<()> {
        self.change(name, parameter, |parameter| Ok(parameter.set_bounds(min, max)?))
    }

    /// Sets a parameter's scale and keeps its true value, bounds and error.
    ///
    /// # Errors
    /// As [`Analysis::set_parameter`].
    pub fn set_parameter_scale(&mut self, name: &str, parameter: &str, scale: f64) -> Result<()> {
        let source = self.session.roi.source(name)?.name().to_owned();
        let mut factor = 1.0;
        self.change(name, parameter, |parameter| {
            factor = parameter.scale() / scale;
            Ok(parameter.rescale(scale)?)
        })?;
        // Errors of fluxes come from the covariance, which is in units of `value`.
        self.known.rescale(&source, parameter, factor);
        Ok(())
    }

    /// Multiplies a parameter's scale, and with it the true value; `value` stays.
    ///
    /// # Errors
    /// As [`Analysis::set_parameter`].
    pub fn scale_parameter(&mut self, name: &str, parameter: &str, factor: f64) -> Result<()> {
        self.change(name, parameter, |parameter| Ok(parameter.set_scale(parameter.scale() * factor)?))
    }

    /// Sets a parameter's error, in units of `value`.
    ///
    /// # Errors
    /// As [`Analysis::set_parameter`].
    pub fn set_parameter_error(&mut self, name: &str, parameter: &str, error: f64) -> Result<()> {
        self.change(name, parameter, |parameter| Ok(parameter.set_error(error)?))
    }

    /// Sets or removes the prior of a parameter's `value`. Fits, TS and [`Analysis::loglike`] count it once.
    ///
    /// # Errors
    /// When there is no such source or parameter.
    pub fn set_parameter_prior(&mut self, name: &str, parameter: &str, prior: Option<Prior>) -> Result<()> {
        self.change(name, parameter, |parameter| {
            parameter.set_prior(prior);
            Ok(())
        })
    }

    /// The normalisation of a source, in units of `value`.
    ///
    /// # Errors
    /// When there is no such source, or its spectrum has no normalisation.
    pub fn norm(&self, name: &str) -> Result<f64> {
        let norm = self.norm_name(name)?;
        let parameter = self.session.roi.source(name)?.spectrum().parameter(&norm);
        Ok(parameter.map_or(f64::NAN, Parameter::value))
    }

    /// Sets the normalisation of a source, in units of `value`, as [`Analysis::set_parameter`].
    ///
    /// # Errors
    /// As [`Analysis::norm`] and [`Analysis::set_parameter`].
    pub fn set_norm(&mut self, name: &str, value: f64) -> Result<()> {
        self.set_parameter(name, &self.norm_name(name)?, value)
    }

    /// Sets the bounds of a source's normalisation, as [`Analysis::set_parameter_bounds`].
    ///
    /// # Errors
    /// As [`Analysis::norm`] and [`Analysis::set_parameter_bounds`].
    pub fn set_norm_bounds(&mut self, name: &str, min: f64, max: f64) -> Result<()> {
        self.set_parameter_bounds(name, &self.norm_name(name)?, min, max)
    }

    /// Sets the scale of a source's normalisation, as [`Analysis::set_parameter_scale`].
    ///
    /// # Errors
    /// As [`Analysis::norm`] and [`Analysis::set_parameter_scale`].
    pub fn set_norm_scale(&mut self, name: &str, scale: f64) -> Result<()> {
        self.set_parameter_scale(name, &self.norm_name(name)?, scale)
    }

    pub(crate) fn norm_name(&self, name: &str) -> Result<String> {
        let spectrum = self.session.roi.source(name)?.spectrum();
        let norm = spectrum.norm_index().and_then(|norm| spectrum.parameters().get(norm));
        norm.map(|norm| norm.name().to_owned()).ok_or_else(|| Error::NoParameter {
            source_name: name.to_owned(),
            spectrum: spectrum.type_name().to_owned(),
            found: "normalisation".to_owned(),
            known: spectrum.parameters().iter().map(Parameter::name).collect::<Vec<_>>().join(", "),
        })
    }

    /// Changes a copy of a parameter, which takes its place only when all went well.
    pub(crate) fn change(
        &mut self,
        name: &str,
        parameter: &str,
        change: impl FnOnce(&mut Parameter) -> Result<()>,
    ) -> Result<()> {
        let source = self.session.roi.id_of(name)?;
        let index = self.parameter_index(source, parameter)?;
        let place = &mut self.session.roi[source].spectrum_mut().parameters_mut()[index];
        let mut changed = place.clone();
        change(&mut changed)?;
        *place = changed;
        Ok(())
    }
}
