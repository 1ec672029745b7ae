//! The model as a file: written as XML, or replaced by one; and text files that are either whole or not there.

use std::path::{Component, Path};

use lat_dataset::FileKind;
use lat_io::{create_directory, write_text};
use likelihood_core::{ComponentData, Data};
use roi_model::{FileTable, Roi, Source, Spectrum};

use crate::analysis::Analysis;
use crate::error::{Error, Result};

/// What is to be named as a model.
pub(crate) const NO_MODEL: &str =
    "no model; name a source model XML, or an analysis that write_roi saved (PREFIX or PREFIX.json)";

impl Analysis {
    /// Writes the model as a fermitools source library, and its priors beside it (see [`lat_io::read_priors`]).
    ///
    /// # Errors
    /// [`Error::Files`].
    pub fn write_xml(&self, path: &Path) -> Result<()> {
        self.write_sources(path, self.session.roi.sources())
    }

    /// The model as the text of a fermitools source library, without its priors and tables.
    ///
    /// # Errors
    /// When a name cannot stand in XML.
    pub fn xml_text(&self) -> Result<String> {
        Ok(roi_model::write_xml(self.session.roi.title(), self.session.roi.sources())?)
    }

    /// Writes the model as a component has it: with its own templates, and without the sources that it lacks.
    pub(crate) fn write_component_xml(&self, component: usize, path: &Path) -> Result<()> {
        match self.opened.component_models.get(component) {
            Some(model) => self.write_sources(path, &model.sources(&self.session.roi)?),
            None => self.write_xml(path),
        }
    }

    /// Writes the XML, and beside it what it cannot hold: priors, and spectral tables that were made here.
    fn write_sources(&self, path: &Path, sources: &[Source]) -> Result<()> {
        for spectrum in sources.iter().map(Source::spectrum) {
            if let (Some(file), [table, ..]) = (spectrum.file(), spectrum.file_tables())
                && self.edits.own_tables.contains(file)
            {
                let place = path.with_file_name(file);
                place.parent().map_or(Ok(()), create_directory)?;
                write_table(&place, table)?;
            }
        }
        write_text(path, &roi_model::write_xml(self.session.roi.title(), sources)?)?;
        let priors = lat_io::priors_beside(path);
        match lat_io::priors_to_yaml(sources) {
            Some(text) => write_text(&priors, &text)?,
            // Those of an earlier model would be taken for those of this one.
            None if priors.exists() => write_text(&priors, "{}\n")?,
            None => {}
        }
        Ok(())
    }

    /// Replaces the model by that of a file: a source model XML ([`Analysis::load_xml`]) or, whatever else its name ends in, an analysis
    /// that [`Analysis::write_roi`] saved ([`Analysis::load_roi`]).
    ///
    /// # Errors
    /// As those.
    pub fn load_model(&mut self, path: &Path) -> Result<()> {
        let kind = FileKind::of_file(path);
        // A saved analysis may be named by any of its files.
        let is_saved = path.with_extension("json").exists();
        let is_named_xml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"));
        let is_xml = kind == Some(FileKind::Xml) || (is_named_xml && kind.is_none());
        if path.is_file() && !is_saved && !is_xml {
            let kind = kind.map_or_else(|| "a file of another kind".to_owned(), |kind| kind.to_string());
            return Err(Error::State { path: path.to_owned(), reason: format!("this is {kind}, {NO_MODEL}") });
        }
        if is_xml { self.load_xml(path) } else { self.load_roi(path) }
    }

    /// Replaces the model by that of a source model XML. The maps of sources that are new to this analysis, or that it has elsewhere or of another shape, are
    /// made, as by [`Analysis::add_sources`]; sources that it lacks are deleted. What an XML cannot hold is kept ([`Source::take_over`]), priors unless a priors file
    /// lies beside it; so are locks, and that a source is zeroed where its normalisation still is. TS and covariance are forgotten. Nothing changes on an error.
    ///
    /// # Errors
    /// When the file or a table that it names is missing or damaged, the source map of a new source cannot be made, or the likelihood of the model cannot
    /// be evaluated.
    pub fn load_xml(&mut self, path: &Path) -> Result<()> {
        let (title, mut sources) = match &self.opened.config {
            Some(config) => lat_dataset::read_model_file(config, path)?,
            None => crate::flux::tabulate::read_library(path).map(|library| (library.title, library.sources))?,
        };
        for source in &mut sources {
            if let Some(present) = self.present(source) {
                self.check_own_table(path, source, present)?;
                source.take_over(present);
            }
        }
        let needs_map = |source: &&Source| self.lacks_map_of(source) || self.is_moved(path, source);
        let new: Vec<Source> = sources.iter().filter(needs_map).cloned().collect();
        new.iter().try_for_each(|source| self.check_shared_spectrum(source))?;
        let is_told = |own: &Source| sources.iter().any(|source| source.name() == own.name());
        let gone: Vec<Source> = self.session.roi.sources().iter().filter(|own| !is_told(own)).cloned().collect();
        let data = self.data_with(path, &new)?;
        let mut roi = Roi::new(self.session.roi.center(), sources)?;
        roi.set_title(title);
        let priors = lat_io::priors_beside(path);
        if priors.exists() {
            lat_io::read_priors(&priors, &mut roi)?;
        }
        let before = (std::mem::replace(&mut self.session.roi, roi), std::mem::take(&mut self.known));
        let data = std::mem::replace(&mut self.session.data, data);
        if let Err(error) = self.describe_anew() {
            (self.session.roi, self.known, self.session.data) = (before.0, before.1, data);
            return Err(error);
        }
        for source in &new {
            self.is_made_here(source.name());
        }
        self.edits.left.extend(gone.into_iter().map(|source| (source.name().to_owned(), source)));
        let sources = self.session.roi.sources().to_vec();
        self.keep_tables_beside(path, &sources);
        self.edits.keep_to(&mut self.session.roi);
        Ok(())
    }

    /// The source of another model's name, if this one has it.
    pub(crate) fn present(&self, source: &Source) -> Option<&Source> {
        self.session.roi.sources().iter().find(|present| present.name() == source.name())
    }

    /// Counts spectral tables among those that are written with the model that lie beside a model which was read and are found nowhere else.
    pub(crate) fn keep_tables_beside(&mut self, path: &Path, sources: &[Source]) {
        let is_below = |file: &&str| Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
        let is_beside = |file: &&str| is_below(file) && path.with_file_name(file).exists();
        let files = sources.iter().filter_map(|source| source.spectrum().file());
        let kept: Vec<String> =
            files.filter(is_beside).filter(|file| !self.is_table_found(file)).map(str::to_owned).collect();
        self.edits.own_tables.extend(kept);
    }

    /// Whether the file of a spectral table is where the configuration lets it be looked for.
    pub(crate) fn is_table_found(&self, file: &str) -> bool {
        let config = self.opened.config.as_ref();
        config.is_some_and(|config| {
            lat_dataset::find_template(config, &config.path, file).is_ok_and(|path| path.exists())
        })
    }

    /// Whether the data have no map of a source of another model, or one that was made for another source of its name, which has left.
    pub(crate) fn lacks_map_of(&self, source: &Source) -> bool {
        let name = source.name();
        let is_present = self.present(source).is_some();
        let lacks = |component: &ComponentData| !component.has_source_map(name);
        self.session.data.components().iter().any(lacks) || (!is_present && self.edits.added.contains(name))
    }

    /// The data with the maps of sources that a model file adds.
    pub(crate) fn data_with(&mut self, path: &Path, new: &[Source]) -> Result<Data> {
        let mut data = self.session.data.clone();
        if new.is_empty() {
            return Ok(data);
        }
        let names = new.iter().map(Source::name).collect::<Vec<_>>().join("', '");
        let maps = self.made_maps(new).map_err(|error| {
            let reason =
                format!("it has '{names}' more than the model, or elsewhere, and no source map can be made: {error}");
            Error::State { path: path.to_owned(), reason }
        })?;
        for (source, maps) in new.iter().zip(&maps) {
            data.set_source_maps(source.name(), maps)?;
        }
        Ok(data)
    }

    /// Whether a source of another model is, or was when it left, elsewhere or of another shape, so that the map that the data have of its name is not its own.
    fn is_moved(&self, path: &Path, source: &Source) -> bool {
        let old = self.present(source).or_else(|| self.edits.left.get(source.name()));
        old.is_some_and(|old| !self.is_same_shape(path, source, old))
    }

    /// Whether two sources have the same map. That of a composite one is the sum of what its members emit.
    fn is_same_shape(&self, path: &Path, source: &Source, other: &Source) -> bool {
        let (new, old) = (source.spatial(), other.spatial());
        let values =
            |all: &[roi_model::Parameter]| all.iter().map(roi_model::Parameter::true_value).collect::<Vec<f64>>();
        let is_same_spectrum = |one: &Spectrum, other: &Spectrum| {
            one.type_name() == other.type_name()
                && values(one.parameters()) == values(other.parameters())
                && one.file_tables() == other.file_tables()
        };
        let instrument = |s: &Source| (s.apply_psf(), s.apply_exposure());
        let is_same_member = |(one, other): (&Source, &Source)| {
            one.name() == other.name()
                && is_same_spectrum(one.spectrum(), other.spectrum())
                && self.is_same_shape(path, one, other)
        };
        new.type_name() == old.type_name()
            && self.is_same_template(path, new, old)
            && values(new.parameters()) == values(old.parameters())
            && instrument(source) == instrument(other)
            && source.members().len() == other.members().len()
            && source.members().iter().zip(other.members()).all(is_same_member)
    }

    /// A source keeps the table that a component's own one is relative to.
    fn check_own_table(&self, path: &Path, source: &Source, present: &Source) -> Result<()> {
        let own = self.opened.component_models.iter().any(|model| model.has_own_spectrum(source.name()));
        if !own || source.spectrum().file() == present.spectrum().file() {
            return Ok(());
        }
        let reason = format!(
            "source '{}' names the table '{}', and components of the analysis have tables of their own relative to '{}'; load the model of \
             the first component",
            source.name(),
            source.spectrum().file().unwrap_or_default(),
            present.spectrum().file().unwrap_or_default()
        );
        Err(Error::State { path: path.to_owned(), reason })
    }

    /// Whether two spatial models have the same file, however it is spelled.
    fn is_same_template(&self, path: &Path, new: &roi_model::SpatialModel, old: &roi_model::SpatialModel) -> bool {
        let found = |model: &Path, file: Option<&str>| {
            let config = self.opened.config.as_ref()?;
            lat_dataset::find_template(config, model, file?).ok()?.canonicalize().ok()
        };
        let of_config = self.opened.config.as_ref().map_or(path, |config| config.path.as_path());
        new.file() == old.file() || found(path, new.file()).is_some_and(|new| Some(new) == found(of_config, old.file()))
    }

    /// Checks that the likelihood can be evaluated, and computes what is known of sources without a fit.
    pub(crate) fn describe_anew(&mut self) -> Result<()> {
        self.loglike().map_err(Error::at_start)?;
        self.update_npred()?;
        self.session.roi.ids().try_for_each(|id| self.update_fluxes(id, None))
    }
}

/// Writes a table, unless a file of this name holds it already: what somebody has noted beside its numbers stays.
fn write_table(path: &Path, table: &FileTable) -> Result<()> {
    match lat_io::read_text(path) {
        Ok(text) if FileTable::parse(&text).is_ok_and(|present| present == *table) => Ok(()),
        Ok(_) => {
            let reason = "the model names a table of this name, and the file holds another one; write the model elsewhere, or move the file";
            Err(Error::State { path: path.to_owned(), reason: reason.to_owned() })
        }
        Err(_) => Ok(write_text(path, &table.to_text())?),
    }
}
