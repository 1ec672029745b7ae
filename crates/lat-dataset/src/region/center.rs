//! The centre of a region: the direction that the configuration tells, or that of the source which it names.

use roi_model::{SkyDirection, Source, normalized_name};

use super::catalogs::Catalogs;
use crate::config::{Center, Config};
use crate::error::{Error, Result};

/// Where the source of a name is, and where it is looked for.
struct Targets<'a> {
    find: &'a mut dyn FnMut(&str) -> Result<Option<SkyDirection>>,
    /// How a message goes on that names a target which is not found.
    unknown: &'static str,
    remedy: &'static str,
}

/// The centre that the configuration tells, if it tells one.
fn told(config: &Config, targets: &mut Targets<'_>) -> Result<Option<SkyDirection>> {
    match &config.center {
        None => Ok(None),
        Some(Center::Direction(direction)) => Ok(Some(*direction)),
        Some(Center::Target(target)) => match (targets.find)(target)? {
            Some(direction) => Ok(Some(direction)),
            None => Err(Error::Unsupported {
                path: config.path.clone(),
                what: format!("selection.target '{target}', {},", targets.unknown),
                remedy: targets.remedy.into(),
            }),
        },
    }
}

/// The centre of a region with these sources, if the configuration tells one. A target is one of them, by name or alias.
pub(crate) fn among_sources(config: &Config, sources: &[Source]) -> Result<Option<SkyDirection>> {
    let find = &mut |target: &str| {
        let is_target = |source: &&Source| {
            normalized_name(source.name()) == normalized_name(target)
                || source.aliases().iter().any(|alias| normalized_name(alias) == normalized_name(target))
        };
        Ok(sources.iter().find(is_target).and_then(Source::direction))
    };
    let unknown = "which is no source with a position in the model";
    let remedy = "name such a source, or give selection.ra and selection.dec";
    told(config, &mut Targets { find, unknown, remedy })
}

/// The centre of a region that is yet to be built. A target is a source of a catalog or of `model.sources`.
pub(super) fn of_model(config: &Config, catalogs: &mut Catalogs) -> Result<SkyDirection> {
    let find = &mut |target: &str| {
        for component in &config.components {
            for name in &component.model.catalogs {
                if let Some(direction) = catalogs.get(config, component, name)?.find(target) {
                    return Ok(Some(direction));
                }
            }
            let written =
                component.model.sources.iter().find(|entry| normalized_name(&entry.name) == normalized_name(target));
            if let Some(direction) = written.and_then(|entry| entry.direction) {
                return Ok(Some(direction));
            }
        }
        Ok(None)
    };
    let unknown = "which no catalog knows";
    let remedy = "name a source of model.catalogs or model.sources, or give selection.ra and selection.dec";
    told(config, &mut Targets { find, unknown, remedy })?.ok_or_else(|| Error::Unsupported {
        path: config.path.clone(),
        what: "a model without centre".into(),
        remedy: "give selection.ra and selection.dec, or selection.target".into(),
    })
}
