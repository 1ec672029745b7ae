//! A model without data: what a configuration describes, what is put together of several, what an analysis has.

use std::path::Path;

use lat_dataset::Config;
use roi_model::{Roi, Selection, Source, merge_source};

use crate::error::Result;

/// The sources that sections `model` and `selection` of a configuration describe, or those of another model. Nothing is known of them but what catalogs and the
/// configuration tell.
#[derive(Clone, Debug)]
pub struct ConfiguredModel {
    roi: Roi,
}

impl ConfiguredModel {
    /// Reads a configuration, and the catalogs that it names.
    ///
    /// # Errors
    /// When the configuration tells no centre, a file is missing or damaged, or an entry cannot be understood.
    pub fn read(config: impl AsRef<Path>) -> Result<Self> {
        let config = Config::read(config.as_ref())?;
        Ok(Self { roi: lat_dataset::build_region(&config)?.roi })
    }

    /// The sources of a region as they are.
    pub fn of(roi: &Roi) -> Self {
        Self { roi: roi.clone() }
    }

    /// Takes up sources of another model, by name or alias; all, if none are named. Where one is there already by one of the names of the other, the new one takes
    /// its place, and its names, if `replaces`; otherwise what is there stays. Nothing changes on an error.
    ///
    /// # Errors
    /// When the other model has no such source, or several here have the names of one.
    pub fn take(&mut self, other: &Self, names: &[String], replaces: bool) -> Result<()> {
        let named = names.iter().map(|name| other.roi.source(name)).collect::<roi_model::Result<Vec<_>>>()?;
        let taken = if names.is_empty() { other.roi.sources().iter().collect() } else { named };
        let mut sources = self.roi.sources().to_vec();
        for source in taken {
            let names: Vec<String> =
                std::iter::once(source.name().to_owned()).chain(source.aliases().iter().cloned()).collect();
            merge_source(&mut sources, source.clone(), &names, replaces)?;
        }
        self.hold(sources)
    }

    /// Deletes a source, found by name or alias, and returns it.
    ///
    /// # Errors
    /// When there is no such source.
    pub fn delete_source(&mut self, name: &str) -> Result<Source> {
        Ok(self.roi.remove_source(name)?)
    }

    /// Deletes all sources.
    ///
    /// # Errors
    /// None.
    pub fn clear(&mut self) -> Result<()> {
        self.hold(Vec::new())
    }

    fn hold(&mut self, sources: Vec<Source>) -> Result<()> {
        let mut roi = Roi::new(self.roi.center(), sources)?;
        roi.set_title(self.roi.title());
        self.roi = roi;
        Ok(())
    }

    /// The model.
    pub fn roi(&self) -> &Roi {
        &self.roi
    }

    /// Names of the selected sources. TS and predicted counts, which nobody knows, lie in no range; keys of cuts are `offset`, `ra`, `dec`, `glon`, `glat`, and
    /// columns of the source's catalog.
    pub fn selected(&self, selection: &Selection) -> Vec<String> {
        let is_selected = |source: &&Source| {
            selection.matches(&self.roi, source, f64::NAN, f64::NAN)
                && selection.passes_cuts(|key| listed_datum(&self.roi, source, key))
        };
        self.roi.sources().iter().filter(is_selected).map(|source| source.name().to_owned()).collect()
    }

    /// Writes the model as a fermitools source library.
    ///
    /// # Errors
    /// When a name cannot stand in XML, or the file cannot be written.
    pub fn write_xml(&self, path: &Path) -> Result<()> {
        let text = roi_model::write_xml(self.roi.title(), self.roi.sources())?;
        Ok(lat_io::write_text(path, &text)?)
    }
}

/// A quantity of a source that needs no data: its place, or a column of its catalog.
pub(crate) fn listed_datum(roi: &Roi, source: &Source, key: &str) -> Option<f64> {
    let direction = source.direction();
    match key {
        "offset" => direction.map(|direction| roi.center().separation(&direction)),
        "ra" => direction.map(|direction| direction.ra()),
        "dec" => direction.map(|direction| direction.dec()),
        "glon" => direction.map(|direction| direction.to_galactic().0),
        "glat" => direction.map(|direction| direction.to_galactic().1),
        _ => source.catalog_value(key),
    }
}
