//! Which sources an estimator is asked about.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::str::FromStr;

use roi_fit::Analysis;
use roi_model::{Roi, Source, SpatialKind};

use crate::error::Result;

/// Which sources an estimator is asked about.
///
/// ```
/// use roi_report::Choice;
/// assert_eq!("all".parse(), Ok(Choice::All));
/// assert_eq!("Crab, Geminga".parse(), Ok(Choice::Named(vec!["Crab".into(), "Geminga".into()])));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice {
    /// None.
    None,
    /// Those with a free parameter, and the brightest; 20 at most, and diffuse ones never.
    #[default]
    Notable,
    /// All that are not diffuse.
    All,
    /// These, by name or alias.
    Named(Vec<String>),
}

impl FromStr for Choice {
    type Err = Infallible;

    /// `none`, `notable`, `all`, or names with commas between them.
    fn from_str(text: &str) -> std::result::Result<Self, Infallible> {
        Ok(match text.trim() {
            "none" => Self::None,
            "notable" => Self::Notable,
            "all" => Self::All,
            names => Self::Named(
                names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect(),
            ),
        })
    }
}

/// Sources that are notable at most.
const MOST: usize = 20;

impl Choice {
    /// The names that the model has of the sources that are meant, in its order.
    ///
    /// # Errors
    /// A name that no source has.
    pub fn names(&self, analysis: &Analysis) -> Result<Vec<String>> {
        let roi = analysis.roi();
        match self {
            Self::None => Ok(Vec::new()),
            Self::All => Ok(points(roi).map(|source| source.name().to_owned()).collect()),
            Self::Named(names) => {
                let named = names.iter().map(|name| Ok(roi.source(name)?.name()));
                let named = named.collect::<Result<BTreeSet<&str>>>()?;
                // Who names a source twice, by an alias, say, does not want it twice.
                Ok(roi
                    .sources()
                    .iter()
                    .map(Source::name)
                    .filter(|name| named.contains(name))
                    .map(str::to_owned)
                    .collect())
            }
            Self::Notable => Ok(notable(analysis)),
        }
    }
}

/// All that are not diffuse.
fn points(roi: &Roi) -> impl Iterator<Item = &Source> {
    roi.sources().iter().filter(|source| is_placed(source))
}

/// Whether a source has a place of its own.
pub(crate) fn is_placed(source: &Source) -> bool {
    source.direction().is_some() && source.members().is_empty()
}

/// Those with a free parameter first, then the brightest.
fn notable(analysis: &Analysis) -> Vec<String> {
    let brightness = |source: &&Source| {
        let known = analysis.properties(source.name()).ok();
        known.map_or(0.0, |known| known.ts.filter(|ts| !ts.is_nan()).unwrap_or(0.0).max(known.npred.sqrt()))
    };
    let mut all: Vec<&Source> = points(analysis.roi()).collect();
    all.sort_by(|a, b| b.is_free().cmp(&a.is_free()).then(brightness(b).total_cmp(&brightness(a))));
    all.truncate(MOST);
    let chosen: Vec<&str> = all.iter().map(|source| source.name()).collect();
    let in_order = analysis.roi().sources().iter().map(Source::name);
    in_order.filter(|name| chosen.contains(name)).map(str::to_owned).collect()
}

/// Whether the place of a source can be fitted.
pub(crate) fn can_be_localized(source: &Source) -> bool {
    let kinds = [SpatialKind::Point, SpatialKind::Disk, SpatialKind::Gaussian];
    is_placed(source) && kinds.contains(&source.spatial().kind())
}
