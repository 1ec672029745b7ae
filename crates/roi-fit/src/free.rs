//! Freeing, fixing and setting parameters, by source name or by selection.

use std::borrow::Borrow;

use roi_model::selection::{Pars, Selection};

use crate::analysis::Analysis;
use crate::error::Result;

impl Analysis {
    /// Frees (or fixes) parameters of every selected source. Returns the selected sources' names, also those where nothing changed.
    ///
    /// TS and npred cuts use the properties as they stand ([`Analysis::properties`]): a source without a TS fails a TS cut.
    ///
    /// # Errors
    /// When `pars` names a parameter that a selected source does not have.
    pub fn free_sources(&mut self, selection: &Selection, pars: impl Borrow<Pars>, free: bool) -> Result<Vec<String>> {
        let names = self.selected(selection);
        for name in &names {
            self.free_source(name, free, pars.borrow())?;
        }
        Ok(names)
    }

    /// Names of the selected sources.
    pub fn selected(&self, selection: &Selection) -> Vec<String> {
        let is_selected = |source: &&roi_model::source::Source| {
            let (ts, npred) = self
                .properties
                .get(source.name())
                .map_or((f64::NAN, f64::NAN), |p| (p.ts.unwrap_or(f64::NAN), p.npred));
            selection.matches(&self.roi, source, ts, npred)
        };
        self.roi.sources().iter().filter(is_selected).map(|source| source.name().to_owned()).collect()
    }

    /// Frees (or fixes) parameters of a source, found by name or alias: its normalisation and shape ([`Pars::All`]), one of them, or
    /// named ones.
    ///
    /// # Errors
    /// When there is no such source, or a named parameter is not one of its spectrum's.
    pub fn free_source(&mut self, name: &str, free: bool, pars: &Pars) -> Result<()> {
        let source = self.roi.index_of(name)?;
        let indices = match pars {
            Pars::Names(names) => {
                names.iter().map(|parameter| self.parameter_index(source, parameter)).collect::<Result<Vec<_>>>()?
            }
            _ => pars.indices(self.roi.sources()[source].spectrum()),
        };
        let parameters = self.roi.sources_mut()[source].spectrum_mut().parameters_mut();
        for index in indices {
            parameters[index].set_free(free);
            // A fixed parameter has no error; one kept from an earlier fit would mislead.
            if !free {
                parameters[index].set_error(0.0)?;
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
        for source in self.roi.sources_mut() {
            for parameter in source.spectrum_mut().parameters_mut() {
                parameter.set_free(false);
                parameter.set_error(0.0)?;
            }
        }
        Ok(())
    }

    /// Sets a parameter's scaled `value` (not multiplied by its scale).
    ///
    /// # Errors
    /// When there is no such source or parameter, or the value is outside its bounds.
    pub fn set_parameter(&mut self, name: &str, parameter: &str, value: f64) -> Result<()> {
        let source = self.roi.index_of(name)?;
        let index = self.parameter_index(source, parameter)?;
        self.roi.sources_mut()[source].spectrum_mut().parameters_mut()[index].set_value(value)?;
        Ok(())
    }
}
