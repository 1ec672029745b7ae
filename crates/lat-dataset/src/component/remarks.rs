//! What a user may have expected otherwise of a component.

use likelihood_core::is_same_energy;

use super::assemble::Component;
use crate::config::ComponentConfig;

impl Component {
    /// What the user may have expected otherwise.
    pub(crate) fn remarks(&self, settings: &ComponentConfig) -> Vec<String> {
        let mut notes = Vec::new();
        let mut note = |text: String| notes.push(format!("component '{}': {text}", self.name));
        self.notes.iter().for_each(|text| note(text.clone()));
        if let Some(file) = &self.source_maps {
            let path = file.path().display();
            if self.settings.weights.is_none() && file.has_weights() {
                note(format!(
                    "'{path}' holds likelihood weights, which are not used; set gtlike.wmap (or files.wmap) to fit with weights"
                ));
            }
            let own = file.names().iter().any(|name| file.inputs(name).is_some());
            if let Some(gone) = self.maker.gone().filter(|_| own) {
                note(format!(
                    "source maps of '{path}' were made here and are used as they are: there is no {gone} to tell whether they still hold"
                ));
            }
            if self.products.ccube == file.path() {
                note(format!("the counts are those of the source map file '{path}'"));
            } else if file.read_counts().is_ok_and(|counts| counts != self.counts.cube.counts()) {
                note(format!(
                    "the counts of '{}' are used; '{path}' holds other counts: were its source maps made for this counts cube?",
                    self.products.ccube.display()
                ));
            }
        }
        let edges = self.counts.cube.axis().edges();
        for (key, wanted, edge) in [("emin", settings.emin, edges.first()), ("emax", settings.emax, edges.last())] {
            if let (Some(wanted), Some(&edge)) = (wanted, edge)
                && !is_same_energy(wanted, edge)
            {
                note(format!("selection.{key} is {wanted} MeV, the counts cube has {edge} MeV; all its bins are used"));
            }
        }
        let frame = self.counts.grid.frame();
        if let Some(wanted) = settings.coordsys
            && wanted != frame
        {
            note(format!(
                "binning.coordsys says {wanted:?}, the counts cube is {frame:?}; the cube's own frame is used"
            ));
        }
        notes
    }
}
