//! What `toy_limit` returns.

use serde::Serialize;
use serde_json::{Value, json};

use crate::toy_limit::inversion::{End, Level};
use crate::toy_limit::toy_limit_options::ToyLimitOptions;

/// How the search for a limit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToyLimitStatus {
    /// There is a limit.
    Converged,
    /// The toys exclude every norm above the best one: the data have fluctuated down so far that even no source is unlikely.
    NothingAllowed,
    /// The toys exclude no norm.
    NothingExcluded,
}

impl ToyLimitStatus {
    /// In words, as results have it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::NothingAllowed => "nothing allowed",
            Self::NothingExcluded => "nothing excluded",
        }
    }
}

/// Toys drawn at one value of the norm, and how many of them lie at least as far out as the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ToyShare {
    /// How many were drawn.
    pub toys: usize,
    /// Of how many the fits did not come to a maximum. They are in no share.
    pub failed: usize,
    /// How many of the others lie at least as far out.
    pub beyond: usize,
}

impl ToyShare {
    /// The share of those that were fitted.
    pub fn p_value(&self) -> f64 {
        self.level().value
    }

    /// Its standard deviation.
    pub fn error(&self) -> f64 {
        self.level().error
    }

    /// What the share would be if none of the failed toys lay as far out, and if all did.
    pub fn range(&self) -> [f64; 2] {
        [self.beyond, self.beyond + self.failed].map(|beyond| beyond as f64 / self.toys as f64)
    }

    pub(crate) fn level(&self) -> Level {
        Level::of(self.beyond, self.toys - self.failed)
    }
}

/// A value of the norm that was tested.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TestedNorm {
    /// The norm, the scale not applied.
    pub norm: f64,
    /// The test statistic of the data: twice the fall of `logL` from its maximum, 0 where the best norm lies above.
    pub statistic: f64,
    /// Toys with the source at this norm.
    pub with: ToyShare,
    /// Toys without the source, where they were asked for.
    pub without: Option<ToyShare>,
}

impl TestedNorm {
    /// The ratio of both shares, and its standard deviation; `None` without toys without the source.
    pub fn cls(&self) -> Option<[f64; 2]> {
        let ratio = self.with.level().over(self.without.as_ref()?.level());
        Some([ratio.value, ratio.error])
    }

    fn to_json(&self) -> Value {
        let [cls, error] = self.cls().map_or([None; 2], |both| both.map(Some));
        json!({
            "norm": self.norm,
            "statistic": self.statistic,
            "p_value": self.with.p_value(),
            "p_value_err": self.with.error(),
            "p_value_range": self.with.range(),
            "toys": self.with.toys,
            "toys_failed": self.with.failed,
            "p_value_without": self.without.as_ref().map(ToyShare::p_value),
            "toys_failed_without": self.without.as_ref().map(|without| without.failed),
            "cls": cls,
            "cls_err": error,
        })
    }
}

/// A limit of the norm, the scale not applied, and of what is proportional to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct NormLimit {
    /// Of the norm; `None` where the search found none.
    pub norm: Option<f64>,
    /// Standard deviation of that from the number of toys; `None` for a limit that no toys have.
    pub error: Option<f64>,
    /// Of the photon flux over the range of the analysis, ph cm^-2 s^-1; `None` where the shape is free, or the flux not defined.
    pub flux: Option<f64>,
    /// Of the energy flux, MeV cm^-2 s^-1.
    pub eflux: Option<f64>,
}

impl NormLimit {
    /// With the fluxes of a norm of 1.
    pub(crate) fn new((norm, error): (Option<f64>, Option<f64>), of_one: Option<[f64; 2]>) -> Self {
        let flux = |which: usize| Some(norm? * of_one?[which]);
        Self { norm, error, flux: flux(0), eflux: flux(1) }
    }

    /// Of the end of a search.
    pub(crate) fn of(end: End, of_one: Option<[f64; 2]>) -> (Self, ToyLimitStatus) {
        match end {
            End::Limit { value, error } => (Self::new((Some(value), Some(error)), of_one), ToyLimitStatus::Converged),
            End::NothingAllowed => (Self::default(), ToyLimitStatus::NothingAllowed),
            End::NothingExcluded => (Self::default(), ToyLimitStatus::NothingExcluded),
        }
    }
}

/// What [`crate::toy_limit`] returns.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ToyLimit {
    /// The source.
    pub name: String,
    /// Its norm.
    pub par_name: String,
    /// The norm that fits the data best, the scale not applied.
    pub norm: f64,
    /// How the search ended.
    pub status: ToyLimitStatus,
    /// The limit.
    pub limit: NormLimit,
    /// The limit where the profile has fallen by what the confidence level asks for, everything that is free refitted: without toys.
    pub asymptotic: NormLimit,
    /// The limit by CLs, and how the search for it ended, if that was asked for.
    pub cls: Option<(NormLimit, ToyLimitStatus)>,
    /// What was found at the limit.
    pub at_limit: Option<TestedNorm>,
    /// All values that were tested, by norm.
    pub tested: Vec<TestedNorm>,
    /// The parameters that were fitted again in each toy beside the norm.
    pub refitted: Vec<String>,
    /// What else there is to know.
    pub warnings: Vec<String>,
    /// The options.
    pub config: ToyLimitOptions,
}

impl ToyLimit {
    /// Toys whose fits did not come to a maximum, at all values that were tested.
    pub fn failed(&self) -> usize {
        let failed = |tested: &TestedNorm| tested.with.failed + tested.without.map_or(0, |without| without.failed);
        self.tested.iter().map(failed).sum()
    }

    /// The dictionary.
    pub fn to_json(&self) -> Value {
        let mut json = json!({
            "name": self.name,
            "par_name": self.par_name,
            "norm": self.norm,
            "status": self.status.words(),
            "confidence": self.config.confidence,
            "toys": self.config.toys,
            "toys_failed": self.failed(),
            "seed": self.config.seed,
            "cls_status": self.cls.map(|(_, status)| status.words()),
            "refitted": self.refitted,
            "tested": self.tested.iter().map(TestedNorm::to_json).collect::<Value>(),
            "warnings": self.warnings,
            "config": self.config,
        });
        let cls = self.cls.map_or(NormLimit::default(), |(limit, _)| limit);
        let limits = [("ul", self.limit), ("ul_asymptotic", self.asymptotic), ("ul_cls", cls)];
        for (suffix, limit) in limits {
            json[format!("norm_{suffix}")] = json!(limit.norm);
            json[format!("flux_{suffix}")] = json!(limit.flux);
            json[format!("eflux_{suffix}")] = json!(limit.eflux);
        }
        json["norm_ul_err"] = json!(self.limit.error);
        json["norm_ul_cls_err"] = json!(cls.error);
        let at_limit = self.at_limit.as_ref().map(TestedNorm::to_json);
        for key in ["statistic", "p_value", "p_value_err", "p_value_range", "cls", "cls_err"] {
            json[key] = at_limit.as_ref().map_or(Value::Null, |at| at[key].clone());
        }
        json
    }
}
