//! A source: a name, a spectrum and a spatial model.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::names::normalized_name;
use crate::parameter::Parameter;
use crate::sky::SkyDirection;
use crate::spatial::SpatialModel;
use crate::spectrum::Spectrum;

/// The `type` of a source in the XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum SourceType {
    /// A point source.
    Point,
    /// Extended sources and diffuse backgrounds.
    Diffuse,
    /// Several sources under one spectrum.
    Composite,
}

impl SourceType {
    /// The name in the XML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Point => "PointSource",
            Self::Diffuse => "DiffuseSource",
            Self::Composite => "CompositeSource",
        }
    }
}

impl std::str::FromStr for SourceType {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = [Self::Point, Self::Diffuse, Self::Composite];
        known.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
            let known = "the types are PointSource, DiffuseSource and CompositeSource";
            Error::XmlSchema(format!("unknown source type {name:?}; {known}"))
        })
    }
}

/// A source of gamma rays. Its name never changes; its spectral parameters may.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    kind: SourceType,
    spectrum: Spectrum,
    spatial: SpatialModel,
    members: Vec<Source>,
    center: Option<SkyDirection>,
    aliases: Vec<String>,
    attributes: Vec<(String, String)>,
    apply: Apply,
    catalog: Arc<BTreeMap<String, f64>>,
    members_file: Option<MembersFile>,
}

/// The file of its own that the members of a composite source stand in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MembersFile {
    pub(crate) name: String,
    /// Whether the attribute `xmlFile` is that of the nested `source_library`, not of the source.
    pub(crate) in_library: bool,
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
    /// [`Error::EmptyName`], or [`Error::SourceType`] when a point source is no point, a diffuse source is one, or a composite source
    /// has no members (see [`Source::composite`]).
    pub fn new(
        name: impl Into<String>,
        source_type: SourceType,
        spectrum: Spectrum,
        spatial: SpatialModel,
    ) -> Result<Self> {
        let name = name.into();
        let fits = match source_type {
            SourceType::Point => spatial.is_point(),
            SourceType::Diffuse => !spatial.is_point(),
            SourceType::Composite => false,
        };
        if !fits {
            let spatial = spatial.type_name().to_owned();
            return Err(Error::SourceType { name, source_type: source_type.as_str(), spatial });
        }
        Self::build(name, source_type, spectrum, spatial, Vec::new())
    }

    /// Several sources under one spectrum, which multiplies the sum of what they emit. The parameters of the members do not take part
    /// in a fit.
    ///
    /// # Errors
    /// [`Error::EmptyName`]; [`Error::DuplicateSource`]; [`Error::Composite`] without members or with a composite one.
    pub fn composite(name: impl Into<String>, spectrum: Spectrum, members: Vec<Self>) -> Result<Self> {
        let name = name.into();
        let reason = if members.is_empty() {
            Some("it has no members; it needs at least one".to_owned())
        } else {
            let nested = members.iter().find(|member| member.kind == SourceType::Composite);
            nested.map(|member| format!("its member {:?} is composite itself, which is not allowed", member.name))
        };
        if let Some(reason) = reason {
            return Err(Error::Composite { name, reason });
        }
        let twice = members.iter().enumerate().find(|(i, a)| members.iter().skip(i + 1).any(|b| a.name == b.name));
        if let Some((_, member)) = twice {
            return Err(Error::DuplicateSource { name: member.name.clone() });
        }
        Self::build(name, SourceType::Composite, spectrum, SpatialModel::composite(), members)
    }

    fn build(
        name: String,
        kind: SourceType,
        spectrum: Spectrum,
        spatial: SpatialModel,
        members: Vec<Self>,
    ) -> Result<Self> {
        if name.trim().is_empty() {
            return Err(Error::EmptyName { what: "source" });
        }
        let (aliases, attributes, apply) = (Vec::new(), Vec::new(), Apply::default());
        let (catalog, members_file) = (Arc::default(), None);
        let center = None;
        Ok(Self { name, kind, spectrum, spatial, members, center, aliases, attributes, apply, catalog, members_file })
    }

    pub(crate) fn with_xml(mut self, attributes: Vec<(String, String)>, apply: Apply) -> Self {
        (self.attributes, self.apply) = (attributes, apply);
        self
    }

    pub(crate) fn with_members_file(mut self, file: Option<MembersFile>) -> Self {
        self.members_file = file;
        self
    }

    pub(crate) fn members_file(&self) -> Option<&MembersFile> {
        self.members_file.as_ref()
    }

    pub(crate) fn apply(&self) -> Apply {
        self.apply
    }

    /// The same source with the files and tables of another spectrum of its type (its parameters stay), and another spatial model.
    ///
    /// # Errors
    /// As [`Spectrum::with_parameters_of`], and [`Error::SourceType`] when a point becomes something else or the other way round.
    pub fn with_templates(&self, spectrum: Option<&Spectrum>, spatial: Option<&SpatialModel>) -> Result<Self> {
        let mut source = self.clone();
        if let Some(spectrum) = spectrum {
            source.spectrum =
                spectrum.with_parameters_of(&self.spectrum).map_err(|error| error.in_source(&self.name))?;
        }
        if let Some(spatial) = spatial {
            if spatial.is_point() != self.spatial.is_point() || self.kind == SourceType::Composite {
                let (name, spatial) = (self.name.clone(), spatial.type_name().to_owned());
                return Err(Error::SourceType { name, source_type: self.kind.as_str(), spatial });
            }
            source.spatial = spatial.clone();
        }
        Ok(source)
    }

    /// The same source in another place, or of another shape: a point, or not; everything else stays, but for the centre of a map that it no longer has.
    ///
    /// ```
    /// use roi_model::{SkyDirection, Source, SourceType, SpatialModel, Spectrum};
    /// let place = SkyDirection::new(83.63, 22.01)?;
    /// let point = Source::new("Crab", SourceType::Point, Spectrum::with_defaults("PowerLaw")?, SpatialModel::point(place)?)?;
    /// let disk = point.with_spatial(SpatialModel::disk(place, 0.3)?)?;
    /// assert_eq!(disk.source_type(), SourceType::Diffuse);
    /// # Ok::<(), roi_model::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::SourceType`] for a composite source, which has no place.
    pub fn with_spatial(&self, spatial: SpatialModel) -> Result<Self> {
        if self.kind == SourceType::Composite {
            let (name, spatial) = (self.name.clone(), spatial.type_name().to_owned());
            return Err(Error::SourceType { name, source_type: self.kind.as_str(), spatial });
        }
        let kind = if spatial.is_point() { SourceType::Point } else { SourceType::Diffuse };
        // The centre is that of the map.
        let center = self.center.filter(|_| spatial.file() == self.spatial.file());
        Ok(Self { kind, spatial, center, ..self.clone() })
    }

    /// Takes from the source in whose place it comes what a description of a source in a file does not hold: other names, what a catalog has of it, the centre of
    /// its map if that is the same, and priors of the parameters that have the name and scale of old.
    ///
    /// ```
    /// use roi_model::{SkyDirection, Source, SourceType, SpatialModel, Spectrum};
    /// let place = SpatialModel::point(SkyDirection::new(83.63, 22.01)?)?;
    /// let mut old = Source::new("Crab", SourceType::Point, Spectrum::with_defaults("PowerLaw")?, place.clone())?;
    /// old.add_alias("4FGL J0534.5+2200");
    /// let mut new = Source::new("Crab", SourceType::Point, Spectrum::with_defaults("LogParabola")?, place)?;
    /// new.take_over(&old);
    /// assert!(new.is_named("4FGL J0534.5+2200"));
    /// # Ok::<(), roi_model::Error>(())
    /// ```
    pub fn take_over(&mut self, replaced: &Self) {
        for alias in &replaced.aliases {
            if !self.aliases.contains(alias) {
                self.aliases.push(alias.clone());
            }
        }
        if self.catalog.is_empty() {
            self.catalog = Arc::clone(&replaced.catalog);
        }
        // However the path to the map is spelled.
        let name =
            |spatial: &SpatialModel| spatial.file().and_then(|file| Path::new(file).file_name()).map(OsStr::to_owned);
        if self.direction().is_none() && name(&self.spatial).is_some_and(|own| Some(own) == name(&replaced.spatial)) {
            self.center = replaced.center;
        }
        for parameter in self.spectrum.parameters_mut() {
            let old = replaced.spectrum.parameter(parameter.name());
            // A prior is of the scaled value.
            if let Some(old) = old.filter(|old| old.scale() == parameter.scale()) {
                parameter.set_prior(old.prior().copied());
            }
        }
    }

    /// The same source with another spectrum; everything else stays.
    #[must_use]
    pub fn with_spectrum(&self, spectrum: Spectrum) -> Self {
        Self { spectrum, ..self.clone() }
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

    /// The members of a composite source; none for the other types.
    pub fn members(&self) -> &[Self] {
        &self.members
    }

    /// Its spatial model; that of a composite source only says that it is one.
    pub fn spatial(&self) -> &SpatialModel {
        &self.spatial
    }

    /// Its position or centre, if it is known.
    pub fn direction(&self) -> Option<SkyDirection> {
        self.spatial.direction().or(self.center)
    }

    /// Tells the centre of a source whose spatial model has none: that of its map, which only the file of the map knows.
    pub fn set_center(&mut self, center: SkyDirection) {
        self.center = Some(center);
    }

    /// Whether this is its name or one of its aliases, compared as [`normalized_name`](crate::normalized_name) does.
    ///
    /// ```
    /// use roi_model::{SkyDirection, Source, SourceType, SpatialModel, Spectrum, default_parameters};
    ///
    /// let spectrum = Spectrum::new("PowerLaw", default_parameters("PowerLaw", &[])?)?;
    /// let place = SpatialModel::point(SkyDirection::new(83.63, 22.01)?)?;
    /// let mut source = Source::new("4FGL J0534.5+2200", SourceType::Point, spectrum, place)?;
    /// source.add_alias("Crab");
    /// assert!(source.is_named("crab") && source.is_named("4fglj0534.5+2200") && !source.is_named("Vela"));
    /// # Ok::<(), roi_model::Error>(())
    /// ```
    pub fn is_named(&self, name: &str) -> bool {
        let wanted = normalized_name(name);
        std::iter::once(self.name.as_str())
            .chain(self.aliases.iter().map(String::as_str))
            .any(|own| normalized_name(own) == wanted)
    }

    /// Other names by which it can be found.
    pub fn aliases(&self) -> &[String] {
        &self.aliases
    }

    /// A number that a catalog has of it, by the name of the column.
    pub fn catalog_value(&self, column: &str) -> Option<f64> {
        self.catalog.get(column).copied()
    }

    /// Tells what a catalog has of it.
    pub fn set_catalog_values(&mut self, values: BTreeMap<String, f64>) {
        self.catalog = Arc::new(values);
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
