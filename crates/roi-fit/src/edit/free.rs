//! Freeing and fixing parameters, by source name or by selection.

use std::borrow::Borrow;

use roi_model::{Pars, Selection, SourceId};

use roi_model::{spectrum_parameter_names, spectrum_types, spectrum_wrappers};

use crate::analysis::Analysis;
use crate::error::{Error, Result};

/// Whether some type of spectrum has a parameter of this name.
///
/// ```
/// assert!(roi_fit::is_spectral_parameter("Prefactor") && !roi_fit::is_spectral_parameter("norms"));
/// ```
pub fn is_spectral_parameter(name: &str) -> bool {
    let has = |type_name: &str| {
        spectrum_parameter_names(type_name, &[name]).is_ok_and(|names| names.iter().any(|known| known == name))
    };
    spectrum_types()
        .into_iter()
        .any(|family| has(family) || spectrum_wrappers().iter().any(|wrapper| has(&format!("{wrapper}::{family}"))))
}

impl Analysis {
    /// Frees (or fixes) parameters of every selected source. Returns the selected sources' names, also those where nothing changed.
    ///
    /// TS and npred cuts use the properties as they stand ([`Analysis::properties`]): a source without a TS fails a TS cut. Locked
    /// parameters stay fixed.
    ///
    /// # Errors
    /// When `pars` names a parameter that a selected source does not have.
    pub fn free_sources(&mut self, selection: &Selection, pars: impl Borrow<Pars>, free: bool) -> Result<Vec<String>> {
        let names = self.selected(selection);
        self.free_sources_by_name(&names, free, pars.borrow())
    }

    /// Names of the selected sources. Keys of cuts are those of a source's dictionary ([`SourceProperties::to_json`]), `offset` (degrees
    /// from the centre), `ra`, `dec`, `glon`, `glat`, and columns of the source's catalog (`Signif_Avg`).
    ///
    /// [`SourceProperties::to_json`]: crate::SourceProperties::to_json
    pub fn selected(&self, selection: &Selection) -> Vec<String> {
        let is_selected = |source: &&roi_model::Source| {
            let (ts, npred) =
                self.known.of(source.name()).map_or((f64::NAN, f64::NAN), |p| (p.ts.unwrap_or(f64::NAN), p.npred));
            selection.matches(&self.session.roi, source, ts, npred)
        };
        let passes_cuts = |source: &&roi_model::Source| selection.passes_cuts(|key| self.source_datum(source, key));
        self.session
            .roi
            .sources()
            .iter()
            .filter(is_selected)
            .filter(passes_cuts)
            .map(|source| source.name().to_owned())
            .collect()
    }

    /// Frees (or fixes) parameters of a source, found by name or alias: its normalisation and shape ([`Pars::All`]), one of them, or
    /// named ones.
    ///
    /// # Errors
    /// When there is no such source, or a named parameter is not one of its spectrum's.
    pub fn free_source(&mut self, name: &str, free: bool, pars: &Pars) -> Result<()> {
        let source = self.session.roi.id_of(name)?;
        let indices = self.chosen(source, pars)?;
        self.set_free(source, &indices, free)
    }

    /// Positions of the chosen parameters of a source.
    fn chosen(&self, source: SourceId, pars: &Pars) -> Result<Vec<usize>> {
        match pars {
            Pars::Names(names) => names.iter().map(|parameter| self.parameter_index(source, parameter)).collect(),
            _ => Ok(pars.indices(self.session.roi[source].spectrum())),
        }
    }

    /// Frees (or fixes) parameters by their position; locked ones stay fixed.
    fn set_free(&mut self, source: SourceId, indices: &[usize], free: bool) -> Result<()> {
        for &index in indices {
            let free = free && !self.is_locked(source, index);
            let parameter = &mut self.session.roi[source].spectrum_mut().parameters_mut()[index];
            parameter.set_free(free);
            // A fixed parameter has no error; one kept from an earlier fit would mislead.
            if !free {
                parameter.set_error(0.0)?;
            }
        }
        Ok(())
    }

    /// Frees (or fixes) the normalisation of a source.
    ///
    /// # Errors
    /// When there is no such source.
    pub fn free_norm(&mut self, name: &str, free: bool) -> Result<()> {
        self.free_source(name, free, &Pars::Norm)
    }

    /// Frees (or fixes) the shape parameters of a source; a spectrum without any is left alone.
    ///
    /// # Errors
    /// When there is no such source.
    pub fn free_shape(&mut self, name: &str, free: bool) -> Result<()> {
        self.free_source(name, free, &Pars::Shape)
    }

    /// Frees (or fixes) the spectral indices of a source; a spectrum without any is left alone.
    ///
    /// # Errors
    /// When there is no such source.
    pub fn free_index(&mut self, name: &str, free: bool) -> Result<()> {
        let source = self.session.roi.id_of(name)?;
        let indices = self.session.roi[source].spectrum().index_indices();
        self.set_free(source, &indices, free)
    }

    /// Frees (or fixes) parameters of sources found by name or alias. Returns the sources' names. Nothing changes if one is unknown.
    ///
    /// # Errors
    /// As [`Analysis::free_source`].
    pub fn free_sources_by_name<S: AsRef<str>>(&mut self, names: &[S], free: bool, pars: &Pars) -> Result<Vec<String>> {
        let found = names
            .iter()
            .map(|name| Ok(self.session.roi.source(name.as_ref())?.name().to_owned()))
            .collect::<Result<Vec<_>>>()?;
        // All names are resolved before the first parameter is freed.
        let mut chosen = Vec::with_capacity(found.len());
        for name in &found {
            let source = self.session.roi.id_of(name)?;
            chosen.push((source, self.chosen(source, pars)?));
        }
        for (source, indices) in chosen {
            self.set_free(source, &indices, free)?;
        }
        Ok(found)
    }

    /// Frees (or fixes) one parameter.
    ///
    /// # Errors
    /// When there is no such source or parameter.
    pub fn free_parameter(&mut self, name: &str, parameter: &str, free: bool) -> Result<()> {
        self.free_source(name, free, &Pars::Names(vec![parameter.to_owned()]))
    }

    /// Fixes every parameter of every source.
    ///
    /// # Errors
    /// None for a valid model.
    pub fn fix_all(&mut self) -> Result<()> {
        for source in self.session.roi.sources_mut() {
            for parameter in source.spectrum_mut().parameters_mut() {
                parameter.set_free(false);
                parameter.set_error(0.0)?;
            }
        }
        Ok(())
    }

    /// Which parameters are free, in global order (sources by name, parameters in the order of their spectrum).
    pub fn free_vector(&self) -> Vec<bool> {
        self.session.roi.parameters().map(|(_, parameter)| parameter.is_free()).collect()
    }

    /// Frees and fixes parameters as [`Analysis::free_vector`] gave them; locked ones stay fixed.
    ///
    /// # Errors
    /// [`Error::Option`] when the vector is not as long as there are parameters; nothing is then changed.
    pub fn set_free_vector(&mut self, free: &[bool]) -> Result<()> {
        let ids: Vec<_> = self.session.roi.parameters().map(|(id, _)| id).collect();
        if ids.len() != free.len() {
            return Err(Error::Option {
                option: "free vector",
                found: format!("{} entries for {} parameters", free.len(), ids.len()),
                expected: "one entry a parameter",
            });
        }
        for (id, &free) in ids.into_iter().zip(free) {
            self.set_free(id.source, &[id.parameter], free)?;
        }
        Ok(())
    }
}
