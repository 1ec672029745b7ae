//! Locked parameters: fixed, and deaf to everything that frees.

use roi_model::SourceId;

use crate::analysis::Analysis;
use crate::error::Result;

impl Analysis {
    /// Fixes a parameter and keeps it so against every freeing call; with `lock` false only lifts the lock (it stays fixed).
    ///
    /// # Errors
    /// When there is no such source or parameter.
    pub fn lock_parameter(&mut self, name: &str, parameter: &str, lock: bool) -> Result<()> {
        let source = self.session.roi.id_of(name)?;
        let index = self.parameter_index(source, parameter)?;
        self.set_lock(source, index, lock)
    }

    /// Locks (or unlocks) every spectral parameter of a source, as [`Analysis::lock_parameter`].
    ///
    /// # Errors
    /// When there is no such source.
    pub fn lock_source(&mut self, name: &str, lock: bool) -> Result<()> {
        let source = self.session.roi.id_of(name)?;
        let count = self.session.roi[source].spectrum().parameters().len();
        (0..count).try_for_each(|index| self.set_lock(source, index, lock))
    }

    /// The locked parameters, by source and parameter name.
    pub fn locked_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.edits.locked.iter().map(|(source, parameter)| (source.as_str(), parameter.as_str()))
    }

    fn set_lock(&mut self, source: SourceId, index: usize, lock: bool) -> Result<()> {
        let source = &mut self.session.roi[source];
        let key = (source.name().to_owned(), source.spectrum().parameters()[index].name().to_owned());
        if lock {
            let parameter = &mut source.spectrum_mut().parameters_mut()[index];
            parameter.set_free(false);
            parameter.set_error(0.0)?;
            self.edits.locked.insert(key);
        } else {
            self.edits.locked.remove(&key);
        }
        Ok(())
    }

    pub(crate) fn is_locked(&self, source: SourceId, index: usize) -> bool {
        let source = &self.session.roi[source];
        let parameter = &source.spectrum().parameters()[index];
        self.edits.locked.iter().any(|(name, locked)| name == source.name() && locked == parameter.name())
    }
}
