//! A source that comes into a list which may have it already.

use crate::error::{Error, Result};
use crate::names::normalized_name;
use crate::source::Source;

/// Adds a source, unless one is there already that has one of these names (or aliases): then the new one takes its place, and its names, if `replaces`; otherwise
/// the present one stays as it is. Names are compared as [`normalized_name`] does.
///
/// ```
/// use roi_model::{SkyDirection, Source, SourceType, SpatialModel, Spectrum, merge_source};
/// let place = SpatialModel::point(SkyDirection::new(83.63, 22.01)?)?;
/// let source = |name: &str| Source::new(name, SourceType::Point, Spectrum::with_defaults("PowerLaw")?, place.clone());
/// let mut sources = vec![source("Crab")?];
/// merge_source(&mut sources, source("4FGL J0534.5+2200")?, &["crab".to_owned()], true)?;
/// assert!(sources.len() == 1 && sources[0].name() == "4FGL J0534.5+2200" && sources[0].is_named("Crab"));
/// # Ok::<(), roi_model::Error>(())
/// ```
///
/// # Errors
/// [`Error::AmbiguousSource`] when several sources have one of the names. Nothing is then changed.
pub fn merge_source(sources: &mut Vec<Source>, mut source: Source, names: &[String], replaces: bool) -> Result<()> {
    let names: Vec<String> = names.iter().map(|name| normalized_name(name)).collect();
    let is_same = |present: &&mut Source| {
        std::iter::once(present.name())
            .chain(present.aliases().iter().map(String::as_str))
            .any(|name| names.contains(&normalized_name(name)))
    };
    let mut same = sources.iter_mut().filter(is_same);
    let Some(present) = same.next() else {
        drop(same);
        sources.push(source);
        return Ok(());
    };
    if let Some(second) = same.next() {
        let matches = vec![present.name().to_owned(), second.name().to_owned()];
        return Err(Error::AmbiguousSource { name: source.name().to_owned(), matches });
    }
    if replaces {
        let old: Vec<String> =
            std::iter::once(present.name().to_owned()).chain(present.aliases().iter().cloned()).collect();
        for alias in old {
            if alias != source.name() && !source.aliases().contains(&alias) {
                source.add_alias(alias);
            }
        }
        *present = source;
    }
    Ok(())
}
