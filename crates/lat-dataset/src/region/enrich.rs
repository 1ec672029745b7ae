//! What the catalogs know of the sources of a source model XML, which holds neither aliases nor columns of a catalog.

use roi_model::{Source, normalized_name};

use super::catalogs::Catalogs;
use crate::config::{ComponentConfig, Config};

/// Adds aliases, columns and the centres of maps to the sources that the catalogs of the configuration have by the same name. A catalog that cannot be
/// read is no obstacle to a fit: it ends in a note.
pub(crate) fn enrich(config: &Config, component: &ComponentConfig, sources: &mut [Source]) -> Vec<String> {
    let mut catalogs = Catalogs::default();
    let mut notes = Vec::new();
    for name in &component.model.catalogs {
        let catalog = match catalogs.get(config, component, name) {
            Ok(catalog) => catalog,
            Err(error) => {
                notes.push(format!("aliases of catalog '{name}' are not known: {error}"));
                continue;
            }
        };
        for source in sources.iter_mut() {
            let wanted = normalized_name(source.name());
            let Some(entry) = catalog.entries().iter().find(|entry| normalized_name(entry.name()) == wanted) else {
                continue;
            };
            for alias in entry.aliases() {
                if alias != source.name() && !source.aliases().contains(alias) {
                    source.add_alias(alias.as_str());
                }
            }
            if let (None, Some(direction)) = (source.direction(), entry.direction()) {
                source.set_center(direction);
            }
            source.set_catalog_values(catalog.values(entry));
        }
    }
    notes
}
