//! The test source: the shape and the spectrum that a map looks for.

use std::collections::BTreeMap;

use roi_model::{Bounds, Given, SkyDirection, Source, SourceType, Spectrum, usual_parameters};
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::trial::place::{TrialPlace, TrialShape};

/// The norm of a test source of which none is given, as fermipy has it, cm^-2 s^-1 MeV^-1 (or whatever the norm is of).
const NORM: f64 = 1e-13;
/// The photon index of a power law of which none is given.
const INDEX: f64 = 2.0;
/// The width of an extended test source of which none is given, degrees.
const WIDTH: f64 = 0.3;

/// The name that fermipy has for a Gaussian image in place of the PSF's.
const IMAGE: &str = "Gaussian";

/// The source that a map looks for, at every place of it. By default a point with a power law of index 2.
///
/// ```
/// use roi_estimators::{TestSource, TrialShape};
///
/// let disk = TestSource::default().with_shape(TrialShape::Disk).with_width(0.5).with_parameter("Index", 2.5);
/// assert_eq!(disk.model_name(), "radialdisk_s0.50_powerlaw_2.50");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TestSource {
    /// The shape.
    pub shape: TrialShape,
    /// Its width, degrees: the radius that holds 68 %, or the sigma of an image that replaces the PSF.
    pub width: f64,
    /// Whether a Gaussian image, its sigma the width, takes the place of that of a point: fermipy's `Gaussian`, for [`crate::residmap`] alone.
    pub replaces_psf: bool,
    /// The type of its spectrum.
    pub spectrum_type: String,
    /// What is given of its parameters, in fermipy's convention: true values, indices of falling spectra positive.
    pub parameters: BTreeMap<String, f64>,
    /// The very spectrum of a source, in place of type and parameters.
    own: Option<OwnSpectrum>,
}

/// The spectrum of a source. Two are equal that have the same values.
#[derive(Clone, Debug)]
struct OwnSpectrum(Spectrum);

impl PartialEq for OwnSpectrum {
    fn eq(&self, other: &Self) -> bool {
        let values = |own: &Self| own.0.parameters().iter().map(roi_model::Parameter::true_value).collect::<Vec<_>>();
        self.0.type_name() == other.0.type_name() && values(self) == values(other)
    }
}

impl Default for TestSource {
    fn default() -> Self {
        Self {
            shape: TrialShape::Point,
            width: WIDTH,
            replaces_psf: false,
            spectrum_type: "PowerLaw".into(),
            parameters: BTreeMap::new(),
            own: None,
        }
    }
}

impl TestSource {
    /// Sets [`shape`](Self::shape).
    #[must_use]
    pub fn with_shape(mut self, shape: TrialShape) -> Self {
        (self.shape, self.replaces_psf) = (shape, false);
        self
    }

    /// Sets the shape by fermipy's name: `PointSource`, `RadialDisk`, `RadialGaussian`, or `Gaussian` for an image that
    /// [replaces the PSF](Self::replaces_psf).
    ///
    /// # Errors
    /// [`Error::Option`] for another name.
    pub fn with_spatial_model(self, name: &str) -> Result<Self> {
        if name.eq_ignore_ascii_case(IMAGE) {
            return Ok(Self { shape: TrialShape::Point, replaces_psf: true, ..self });
        }
        let shape = TrialShape::named(name).ok_or_else(|| Error::Option {
            option: "SpatialModel",
            found: name.to_owned(),
            expected: "PointSource, RadialDisk, RadialGaussian, or for residmap Gaussian",
        })?;
        Ok(self.with_shape(shape))
    }

    /// Fermipy's name of the shape.
    pub fn spatial_model(&self) -> &'static str {
        if self.replaces_psf { IMAGE } else { self.shape.name() }
    }

    /// The same shape, width and spectrum as a source that can be moved.
    ///
    /// # Errors
    /// [`Error::NoPlace`] for a source of another kind.
    pub(crate) fn like(source: &Source) -> Result<Self> {
        let place = TrialPlace::of(source)?;
        let spectrum = source.spectrum();
        let own = Self { shape: place.shape, own: Some(OwnSpectrum(spectrum.clone())), ..Self::default() };
        let width = if place.shape == TrialShape::Point { own.width } else { place.r68() };
        Ok(own.with_width(width).with_spectrum_type(spectrum.type_name()))
    }

    /// Sets [`width`](Self::width).
    #[must_use]
    pub fn with_width(mut self, width: f64) -> Self {
        self.width = width;
        self
    }

    /// Sets [`spectrum_type`](Self::spectrum_type).
    #[must_use]
    pub fn with_spectrum_type(mut self, spectrum_type: impl Into<String>) -> Self {
        self.spectrum_type = spectrum_type.into();
        self
    }

    /// Gives a parameter of the spectrum.
    #[must_use]
    pub fn with_parameter(mut self, name: impl Into<String>, value: f64) -> Self {
        self.parameters.insert(name.into(), value);
        self
    }

    /// The model's name in files, as fermipy has it; the width of an extended source stands in it, so that two runs have two names.
    pub fn model_name(&self) -> String {
        let mut name = self.spatial_model().to_lowercase();
        if self.has_width() {
            name = format!("{name}_s{:.2}", self.width);
        }
        let index = self.parameters.get("Index").copied().unwrap_or(INDEX);
        match self.spectrum_type.as_str() {
            "PowerLaw" if self.own.is_none() => format!("{name}_powerlaw_{index:.2}"),
            other => format!("{name}_{}", other.to_lowercase()),
        }
    }

    /// fermipy's dictionary of the source, at a place.
    pub(crate) fn to_json(&self, at: Option<SkyDirection>) -> Value {
        let mut dictionary = Map::new();
        dictionary.insert("SpatialModel".into(), json!(self.spatial_model()));
        dictionary.insert("SpectrumType".into(), json!(self.spectrum_type));
        dictionary.insert("SpatialWidth".into(), json!(self.width));
        if let Some(OwnSpectrum(spectrum)) = &self.own {
            let values = spectrum.parameters().iter().map(|own| (own.name().to_owned(), json!(own.true_value())));
            dictionary.extend(values);
        } else if self.spectrum_type == "PowerLaw" {
            dictionary.insert("Index".into(), json!(INDEX));
            dictionary.insert("Prefactor".into(), json!(NORM));
        }
        if let Some(at) = at {
            dictionary.insert("ra".into(), json!(at.ra()));
            dictionary.insert("dec".into(), json!(at.dec()));
        }
        dictionary.extend(self.parameters.iter().map(|(name, value)| (name.clone(), json!(value))));
        Value::Object(dictionary)
    }

    /// The spectrum.
    pub(crate) fn spectrum(&self) -> Result<Spectrum> {
        if let Some(OwnSpectrum(own)) = &self.own {
            return Ok(own.clone());
        }
        let default = Spectrum::with_defaults(&self.spectrum_type)?;
        let norm = default.norm_index().map(|index| default.parameters()[index].name().to_owned());
        let Some(norm) = norm else {
            return Err(Error::NoNorm { source_name: "test source".into(), spectrum: self.spectrum_type.clone() });
        };
        let value = |value: f64| Given { value: Some(value), ..Given::default() };
        let mut given: Vec<(&str, Given)> =
            self.parameters.iter().map(|(name, v)| (name.as_str(), value(*v))).collect();
        if !self.parameters.contains_key(&norm) {
            given.push((&norm, value(NORM)));
        }
        Ok(Spectrum::new(&self.spectrum_type, usual_parameters(&self.spectrum_type, &given, Bounds::Usual)?)?)
    }

    /// Whether the width has a meaning.
    fn has_width(&self) -> bool {
        self.replaces_psf || self.shape != TrialShape::Point
    }

    /// The source at a place.
    pub(crate) fn at(&self, name: &str, place: SkyDirection) -> Result<Source> {
        let spectrum = self.spectrum()?;
        if self.has_width() && !(self.width > 0.0 && self.width.is_finite()) {
            let found = self.width.to_string();
            return Err(Error::Option { option: "SpatialWidth", found, expected: "degrees, above 0" });
        }
        // An image that replaces the PSF's takes the place of that of a point.
        let kind = if self.shape == TrialShape::Point { SourceType::Point } else { SourceType::Diffuse };
        let spatial = TrialPlace::of_r68(place, self.shape, self.width).spatial()?;
        Ok(Source::new(name, kind, spectrum, spatial)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_of_a_test_source_is_fermipys_default() {
        let spectrum = TestSource::default().spectrum().unwrap();
        let true_value = |name: &str| spectrum.parameter(name).unwrap().true_value();
        assert!((true_value("Prefactor") / 1e-13 - 1.0).abs() < 1e-12);
        assert_eq!((true_value("Index"), true_value("Scale")), (-2.0, 1000.0));
        assert_eq!(TestSource::default().model_name(), "pointsource_powerlaw_2.00");
        let curved = TestSource::default().with_spectrum_type("LogParabola").with_parameter("beta", 0.1);
        assert!((curved.spectrum().unwrap().parameter("norm").unwrap().true_value() / 1e-13 - 1.0).abs() < 1e-12);
        assert!(TestSource::default().with_parameter("beta", 0.1).spectrum().is_err());
    }
}
