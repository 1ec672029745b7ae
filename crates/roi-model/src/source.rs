//! A source: a name, a spectrum and a spatial model.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::parameter::Parameter;
use crate::sky::SkyDirection;
use crate::spatial::SpatialModel;
use crate::spectrum::Spectrum;

/// The `type` of a source in the XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum SourceType {
    /// A point source.
    Point,
    /// Everything else: extended sources and diffuse backgrounds.
    Diffuse,
}

impl SourceType {
    /// The name in the XML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Point => "PointSource",
            Self::Diffuse => "DiffuseSource",
        }
    }
}

/// A source of gamma rays. Its name never changes; its spectral parameters may.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    kind: SourceType,
    spectrum: Spectrum,
    spatial: SpatialModel,
    aliases: Vec<String>,
    attributes: Vec<(String, String)>,
    apply: Apply,
}

/// The `apply_*` attributes; `None` where the XML is silent, which means yes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Apply {
    pub(crate) edisp: Option<bool>,
    pub(crate) psf: Option<bool>,
    pub(crate) exposure: Option<bool>,
}

impl Source {
    /// A source to which energy dispersion, PSF and exposure apply.
    ///
    /// # Errors
    /// [`Error::EmptyName`], or [`Error::SourceType`] when a point source is no point or a diffuse source is one.
    pub fn new(
        name: impl Into<String>,
        source_type: SourceType,
        spectrum: Spectrum,
        spatial: SpatialModel,
    ) -> Result<Self> {
        let name = name.into();
        if name.trim().is_empty() {
            return Err(Error::EmptyName { what: "source" });
        }
        if spatial.is_point() != (source_type == SourceType::Point) {
            let spatial = spatial.type_name().to_owned();
            return Err(Error::SourceType { name, source_type: source_type.as_str(), spatial });
        }
        let (aliases, attributes, apply) = (Vec::new(), Vec::new(), Apply::default());
        Ok(Self { name, kind: source_type, spectrum, spatial, aliases, attributes, apply })
    }

    pub(crate) fn with_xml(mut self, attributes: Vec<(String, String)>, apply: Apply) -> Self {
        (self.attributes, self.apply) = (attributes, apply);
        self
    }

    pub(crate) fn apply(&self) -> Apply {
        self.apply
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type in the XML.
    pub fn source_type(&self) -> SourceType {
        self.kind
    }

    /// Its spectrum.
    pub fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    /// Its spectrum.
    pub fn spectrum_mut(&mut self) -> &mut Spectrum {
        &mut self.spectrum
    }

    /// Its spatial model.
    pub fn spatial(&self) -> &SpatialModel {
        &self.spatial
    }

    /// Its position or centre, if it has one.
    pub fn direction(&self) -> Option<SkyDirection> {
        self.spatial.direction()
    }

    /// Other names by which it can be found.
    pub fn aliases(&self) -> &[String] {
        &self.aliases
    }

    /// Adds a name by which it can be found.
    pub fn add_alias(&mut self, alias: impl Into<String>) {
        self.aliases.push(alias.into());
    }

    /// Attributes of the XML element that this crate does not know, in their order.
    pub fn attributes(&self) -> &[(String, String)] {
        &self.attributes
    }

    /// Whether a spectral parameter is free.
    pub fn is_free(&self) -> bool {
        self.spectrum.parameters().iter().any(Parameter::is_free)
    }

    /// Whether energy dispersion applies to it.
    pub fn apply_edisp(&self) -> bool {
        self.apply.edisp.unwrap_or(true)
    }

    /// Whether it is convolved with the PSF.
    pub fn apply_psf(&self) -> bool {
        self.apply.psf.unwrap_or(true)
    }

    /// Whether it is multiplied by the exposure.
    pub fn apply_exposure(&self) -> bool {
        self.apply.exposure.unwrap_or(true)
    }

    /// Sets whether energy dispersion applies to it.
    pub fn set_apply_edisp(&mut self, apply: bool) {
        self.apply.edisp = Some(apply);
    }

    /// Sets whether it is convolved with the PSF.
    pub fn set_apply_psf(&mut self, apply: bool) {
        self.apply.psf = Some(apply);
    }

    /// Sets whether it is multiplied by the exposure.
    pub fn set_apply_exposure(&mut self, apply: bool) {
        self.apply.exposure = Some(apply);
    }
}
