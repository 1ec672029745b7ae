//! The test source: the shape and the spectrum that a map looks for.

use std::collections::BTreeMap;

use lat_io::{R68_OF_RADIUS, R68_OF_SIGMA};
use roi_model::{Bounds, Given, SkyDirection, Source, SourceType, SpatialModel, Spectrum, usual_parameters};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

/// The norm of a test source of which none is given, as fermipy has it, cm^-2 s^-1 MeV^-1 (or whatever the norm is of).
const NORM: f64 = 1e-13;
/// The photon index of a power law of which none is given.
const INDEX: f64 = 2.0;
/// The width of an extended test source of which none is given, degrees.
const WIDTH: f64 = 0.3;

/// The shape of a test source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum TestShape {
    /// A point.
    #[default]
    PointSource,
    /// A uniform disk, its width the radius that holds 68 % of it.
    RadialDisk,
    /// A Gaussian, its width the radius that holds 68 % of it.
    RadialGaussian,
    /// A Gaussian image in place of the PSF, its width the sigma: for [`crate::residmap`] alone.
    Gaussian,
}

impl TestShape {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::PointSource, Self::RadialDisk, Self::RadialGaussian, Self::Gaussian];

    /// The name, as fermipy has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PointSource => "PointSource",
            Self::RadialDisk => "RadialDisk",
            Self::RadialGaussian => "RadialGaussian",
            Self::Gaussian => "Gaussian",
        }
    }
}

impl std::str::FromStr for TestShape {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|shape| shape.as_str().eq_ignore_ascii_case(name));
        found.ok_or_else(|| Error::Option {
            option: "SpatialModel",
            found: name.to_owned(),
            expected: "PointSource, RadialDisk, RadialGaussian, or for residmap Gaussian",
        })
    }
}

/// The source that a map looks for, at every place of it. By default a point with a power law of index 2.
///
/// ```
/// use roi_estimators::{TestShape, TestSource};
///
/// let disk = TestSource::default().with_shape(TestShape::RadialDisk).with_width(0.5).with_parameter("Index", 2.5);
/// assert_eq!(disk.model_name(), "radialdisk_s0.50_powerlaw_2.50");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TestSource {
    /// The shape.
    pub shape: TestShape,
    /// Its width, degrees: the radius that holds 68 %, or the sigma of a `Gaussian`.
    pub width: f64,
    /// The type of its spectrum.
    pub spectrum_type: String,
    /// What is given of its parameters, in fermipy's convention: true values, indices of falling spectra positive.
    pub parameters: BTreeMap<String, f64>,
}

impl Default for TestSource {
    fn default() -> Self {
        Self {
            shape: TestShape::default(),
            width: WIDTH,
            spectrum_type: "PowerLaw".into(),
            parameters: BTreeMap::new(),
        }
    }
}

impl TestSource {
    /// Sets [`shape`](Self::shape).
    #[must_use]
    pub fn with_shape(mut self, shape: TestShape) -> Self {
        self.shape = shape;
        self
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
        let mut name = self.shape.as_str().to_lowercase();
        if self.shape != TestShape::PointSource {
            name = format!("{name}_s{:.2}", self.width);
        }
        let index = self.parameters.get("Index").copied().unwrap_or(INDEX);
        match self.spectrum_type.as_str() {
            "PowerLaw" => format!("{name}_powerlaw_{index:.2}"),
            other => format!("{name}_{}", other.to_lowercase()),
        }
    }

    /// fermipy's dictionary of the source, at a place.
    pub(crate) fn to_json(&self, at: Option<SkyDirection>) -> Value {
        let mut dictionary = Map::new();
        dictionary.insert("SpatialModel".into(), json!(self.shape.as_str()));
        dictionary.insert("SpectrumType".into(), json!(self.spectrum_type));
        dictionary.insert("SpatialWidth".into(), json!(self.width));
        if self.spectrum_type == "PowerLaw" {
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

    /// The source at a place.
    pub(crate) fn at(&self, name: &str, place: SkyDirection) -> Result<Source> {
        let spectrum = self.spectrum()?;
        if self.shape != TestShape::PointSource && !(self.width > 0.0 && self.width.is_finite()) {
            let found = self.width.to_string();
            return Err(Error::Option { option: "SpatialWidth", found, expected: "degrees, above 0" });
        }
        let (kind, spatial) = match self.shape {
            // The image of a Gaussian takes the place of that of the point.
            TestShape::PointSource | TestShape::Gaussian => (SourceType::Point, SpatialModel::point(place)?),
            TestShape::RadialDisk => (SourceType::Diffuse, SpatialModel::disk(place, self.width / R68_OF_RADIUS)?),
            TestShape::RadialGaussian => {
                (SourceType::Diffuse, SpatialModel::gaussian(place, self.width / R68_OF_SIGMA)?)
            }
        };
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
