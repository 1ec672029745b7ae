//! Deleting and zeroing sources.

use likelihood_core::SourceMap;
use roi_model::{Selection, Source};

use crate::analysis::Analysis;
use crate::data::configured_model::listed_datum;
use crate::error::{Error, Result};

/// What the scale of a zeroed normalisation is multiplied by.
const ZERO: f64 = 1e-10;

impl Analysis {
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
            scale = parameter.scale();
            parameter.set_scale(scale * ZERO)?;
            parameter.set_free(false);
            Ok(parameter.set_error(0.0)?)
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
