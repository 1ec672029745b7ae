//! Deleting and zeroing sources.

use std::path::Path;

use likelihood_core::SourceMap;
use roi_model::{Parameter, Roi, Selection, Source, SpatialModel, Spectrum};

use crate::analysis::{Analysis, Edits};
use crate::data::configured_model::listed_datum;
use crate::error::{Error, Result};

/// What the scale of a zeroed normalisation is multiplied by.
const ZERO: f64 = 1e-10;

impl Analysis {
    /// Moves a source or gives it another shape, with maps made for it; spectrum, names, locks and all else that has nothing to do with its place stay as they
    /// are. What was known of it is forgotten. Nothing changes on an error.
    ///
    /// ```no_run
    /// # let mut roi = roi_fit::Analysis::open("config.yaml")?;
    /// let place = roi_model::SkyDirection::new(83.63, 22.01)?;
    /// roi.set_source_spatial("Crab", roi_model::SpatialModel::disk(place, 0.3)?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such source or it is composite, the place lies outside the map of every component, there is nothing to make maps from, or a component
    /// has a spectral table of its own for this source.
    pub fn set_source_spatial(&mut self, name: &str, spatial: SpatialModel) -> Result<()> {
        let moved = self.session.roi.source(name)?.with_spatial(spatial)?;
        self.reshape(moved)
    }

    /// As [`Analysis::set_source_spatial`], to the place and shape of the first source of a file, see [`Analysis::add_sources_of_file`].
    ///
    /// # Errors
    /// As [`lat_dataset::read_sources`] and [`Analysis::set_source_spatial`]; when the file has no source.
    pub fn set_source_spatial_of_file(&mut self, name: &str, path: &Path) -> Result<()> {
        let config = self.opened.config.as_ref().ok_or(Error::NoFiles { what: "a source of a file" })?;
        let told = lat_dataset::read_sources(config, path, &self.session.roi.center())?;
        let reason = || "it has no source, of which the shape would be taken".to_owned();
        let told = told.first().ok_or_else(|| Error::State { path: path.to_owned(), reason: reason() })?;
        let mut moved = self.session.roi.source(name)?.with_spatial(told.spatial().clone())?;
        if let (None, Some(center)) = (told.spatial().direction(), told.direction()) {
            moved.set_center(center);
        }
        self.reshape(moved)
    }

    /// Puts a source that stands elsewhere in the place of the one of its name.
    fn reshape(&mut self, moved: Source) -> Result<()> {
        self.check_shared_spectrum(&moved)?;
        let maps = self.made_maps(std::slice::from_ref(&moved))?;
        self.replace_source(moved, &maps.concat())
    }

    /// Puts a source in the place of the one of its name, with its map for each component, in the components' order: elsewhere, of another shape, with other
    /// values. What was known of it is forgotten. Nothing changes on an error.
    ///
    /// # Errors
    /// When there is no source of this name (an alias is none), the maps do not fit the data, or the spectrum cannot be evaluated.
    pub fn replace_source(&mut self, source: Source, maps: &[SourceMap]) -> Result<()> {
        let name = source.name().to_owned();
        let id = self.session.roi.id_of(&name)?;
        if self.session.roi[id].name() != name {
            let expected = "the source's own name, of which its maps are, and no alias";
            return Err(Error::Option { option: "source", found: name, expected });
        }
        let mut data = self.session.data.clone();
        data.set_source_maps(&name, maps)?;
        data.npred(&source)?;
        let before = (self.session.roi.clone(), std::mem::replace(&mut self.session.data, data), self.known.clone());
        self.session.roi[id] = source;
        self.known.forget_spectrum(&name);
        if let Err(error) = self.update_npred_of(id).and_then(|()| self.update_fluxes(id, None)) {
            (self.session.roi, self.session.data, self.known) = before;
            return Err(error);
        }
        self.is_made_here(&name);
        Ok(())
    }

    /// Deletes a source, found by name or alias, and returns it. Its maps stay in memory until
    /// a source of its name is added.
    ///
    /// # Errors
    /// When there is no such source.
    pub fn delete_source(&mut self, name: &str) -> Result<Source> {
        let source = self.session.roi.remove_source(name)?;
        self.known.forget_source(source.name());
        self.edits.locked.retain(|(locked, _)| locked != source.name());
        self.edits.zeroed.remove(source.name());
        self.edits.added.remove(source.name());
        self.edits.left.insert(source.name().to_owned(), source.clone());
        Ok(source)
    }

    /// Deletes the selected sources and returns them.
    ///
    /// # Errors
    /// None for a valid model.
    pub fn delete_sources(&mut self, selection: &Selection) -> Result<Vec<Source>> {
        self.selected(selection).iter().map(|name| self.delete_source(name)).collect()
    }

    /// Takes a source's emission away: the scale of its normalisation times 1e-10, and the normalisation fixed. A source that is zero
    /// already stays so.
    ///
    /// # Errors
    /// When there is no such source, or its spectrum has no normalisation.
    pub fn zero_source(&mut self, name: &str) -> Result<()> {
        let norm = self.norm_name(name)?;
        let source = self.session.roi.source(name)?.name().to_owned();
        if self.edits.zeroed.contains_key(&source) {
            return Ok(());
        }
        let mut scale = 0.0;
        self.change(name, &norm, |parameter| {
            scale = zero(parameter)?;
            Ok(())
        })?;
        self.edits.zeroed.insert(source, scale);
        Ok(())
    }

    /// Gives a zeroed source its emission back, to the last bit; its normalisation stays fixed. Nothing happens to other sources.
    ///
    /// # Errors
    /// When there is no such source.
    pub fn unzero_source(&mut self, name: &str) -> Result<()> {
        let source = self.session.roi.source(name)?.name().to_owned();
        let Some(&scale) = self.edits.zeroed.get(&source) else { return Ok(()) };
        let norm = self.norm_name(name)?;
        self.change(name, &norm, |parameter| Ok(parameter.set_scale(scale)?))?;
        self.edits.zeroed.remove(&source);
        Ok(())
    }

    /// Sets whether energy dispersion acts on a source, found by name or alias (the attribute `apply_edisp` of its spectrum in the XML). Where the
    /// configuration takes it off (`gtlike: {edisp: false}`, `edisp_disable`) it stays off. What was known of the source's spectrum is forgotten. Nothing
    /// changes on an error.
    ///
    /// # Errors
    /// When there is no such source, or its predicted counts cannot be evaluated.
    pub fn set_apply_edisp(&mut self, name: &str, apply: bool) -> Result<()> {
        let id = self.session.roi.id_of(name)?;
        if self.session.roi[id].apply_edisp() == apply {
            return Ok(());
        }
        let mut changed = self.session.roi[id].clone();
        changed.set_apply_edisp(apply);
        self.session.data.npred(&changed)?;
        self.known.forget_spectrum(changed.name());
        self.session.roi[id] = changed;
        self.update_npred_of(id)?;
        self.update_fluxes(id, None)
    }

    /// A quantity of a source by the name that its dictionary has for it, else by the column of its catalog.
    pub(crate) fn source_datum(&self, source: &Source, key: &str) -> Option<f64> {
        let measured = self.known.of(source.name()).and_then(|known| known.number(key));
        measured.or_else(|| listed_datum(&self.session.roi, source, key))
    }
}

impl Edits {
    /// Keeps of what was done to sources and parameters what holds for another model: locks of the parameters that it has, which are fixed in it, and that a source
    /// is zeroed whose normalisation is.
    pub(crate) fn keep_to(&mut self, roi: &mut Roi) {
        let spectrum = |name: &str| roi.sources().iter().find(|source| source.name() == name).map(Source::spectrum);
        self.zeroed.retain(|source, scale| {
            spectrum(source).and_then(Spectrum::norm).is_some_and(|norm| norm.scale() == zeroed(*scale))
        });
        self.keep_locks(roi);
    }

    /// Keeps the locks of the parameters that a model has, which are fixed in it.
    pub(crate) fn keep_locks(&mut self, roi: &mut Roi) {
        let spectrum = |name: &str| roi.sources().iter().find(|source| source.name() == name).map(Source::spectrum);
        let has = |spectrum: &Spectrum, parameter: &str| spectrum.index_of(parameter).is_some();
        self.locked.retain(|(source, parameter)| spectrum(source).is_some_and(|spectrum| has(spectrum, parameter)));
        for source in roi.sources_mut() {
            let name = source.name().to_owned();
            let is_locked =
                |parameter: &&mut Parameter| self.locked.contains(&(name.clone(), parameter.name().to_owned()));
            source.spectrum_mut().parameters_mut().iter_mut().filter(is_locked).for_each(|fixed| fixed.set_free(false));
        }
    }
}

/// Takes the emission away: the scale of a normalisation, which is fixed. Returns the scale that it had.
pub(crate) fn zero(norm: &mut Parameter) -> Result<f64> {
    let scale = norm.scale();
    norm.set_scale(zeroed(scale))?;
    norm.set_free(false);
    norm.set_error(0.0)?;
    Ok(scale)
}

/// The scale of a zeroed normalisation.
fn zeroed(scale: f64) -> f64 {
    scale * ZERO
}
