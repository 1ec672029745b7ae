//! The upper limit on the profile likelihood of all that is free, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How the search for a limit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LimitStatus {
    /// It was found: at the limit the other parameters are at their maximum.
    #[serde(rename = "converged")]
    Converged,
    /// A clearly higher `logL` was met on the way: the fit was not at the maximum. Fit again.
    #[serde(rename = "higher maximum")]
    HigherMaximum,
    /// `logL` does not fall far enough, however large the source: nothing of it arrives.
    #[serde(rename = "no fall")]
    NoFall,
    /// The other parameters did not come to a maximum: they are not constrained, say.
    #[serde(rename = "others not at maximum")]
    OthersNotAtMaximum,
    /// It was not looked for: `optimize` seeks those of `flux` and `eflux` alone, each of its steps but the last of a source being soon out of date.
    #[serde(rename = "not sought")]
    NotSought,
}

/// The 95 % upper limit of a source on the profile likelihood: everything that was free in the fit is fitted again at each value. Without a number
/// where the status is not [`LimitStatus::Converged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefittedLimit {
    /// The normalisation there, the scale not applied.
    pub norm: Option<f64>,
    /// How the search for it ended.
    pub status: LimitStatus,
    /// Limits of fluxes of a source with a free shape, each a profile of its own: the flux over that of the source at norm 1 with the shape of the
    /// fit. Without an entry a flux has its limit where the norm has it, if the shape is fixed.
    pub(crate) fluxes: Option<BTreeMap<String, f64>>,
    /// The fluxes of a source with a free shape that have no limit, and why.
    pub without: BTreeMap<String, LimitStatus>,
}

impl LimitStatus {
    /// The word of the result.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::HigherMaximum => "higher maximum",
            Self::NoFall => "no fall",
            Self::OthersNotAtMaximum => "others not at maximum",
            Self::NotSought => "not sought",
        }
    }
}

impl RefittedLimit {
    /// The limit of a norm, or why there is none.
    pub(crate) fn of_norm(found: Result<f64, LimitStatus>) -> Self {
        let status = found.err().unwrap_or(LimitStatus::Converged);
        Self { norm: found.ok(), status, fluxes: None, without: BTreeMap::new() }
    }

    /// Puts the limit of a flux beside it, or why there is none.
    pub(crate) fn take_flux(&mut self, name: &str, found: Result<f64, LimitStatus>) {
        let fluxes = self.fluxes.get_or_insert_default();
        match found {
            Ok(limit) => {
                fluxes.insert(name.to_owned(), limit);
            }
            Err(status) => {
                self.without.insert(name.to_owned(), status);
            }
        }
    }

    /// The norm at the limit of a flux of this name: that at which the source, with the shape of the fit, has it.
    pub(crate) fn norm_of(&self, flux: &str) -> Option<f64> {
        match &self.fluxes {
            Some(fluxes) => fluxes.get(flux).copied(),
            None => self.norm,
        }
    }
}
