//! The full record of a time bin, whatever became of it.

use roi_fit::SourceProperties;
use serde::{Deserialize, Serialize};

/// What became of a time bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum BinStatus {
    /// The source was fitted.
    #[serde(rename = "ok")]
    Fitted,
    /// The detector did not see the source.
    #[serde(rename = "no data")]
    NoData,
    /// The data could not be made, or no fit was good enough.
    #[serde(rename = "failed")]
    Failed,
    /// It was not its turn yet when the work was ended.
    #[serde(rename = "not done")]
    NotDone,
}

impl BinStatus {
    /// Its name in results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fitted => "ok",
            Self::NoData => "no data",
            Self::Failed => "failed",
            Self::NotDone => "not done",
        }
    }
}

/// One fit of the ladder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BinAttempt {
    /// Its rung, from 0.
    pub rung: usize,
    /// The parameters that were free, as `source: parameter`.
    pub free: Vec<String>,
    /// Whether it was good enough.
    pub fit_success: bool,
    /// Its quality, 3 is best.
    pub fit_quality: u8,
    /// Its status, 0 when all is well.
    pub fit_status: i32,
    /// The status in words.
    pub message: String,
}

/// Upper limits at the confidence of the options.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FluxLimit {
    /// The norm there, the scale not applied.
    pub norm: f64,
    /// Photon flux in cm^-2 s^-1; `None` where the flux of the source is not known.
    pub flux: Option<f64>,
    /// Energy flux in MeV cm^-2 s^-1.
    pub eflux: Option<f64>,
}

/// The source with the spectrum of the whole time: held as it was, and with its norm fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FixedShape {
    /// `logL` of the source of the whole time, others fitted.
    pub loglike_const: f64,
    /// `logL` with the norm fitted, too.
    pub loglike_fixed: f64,
    /// The norm then over that of the whole time; `None` where that is 0.
    pub ratio: Option<f64>,
    /// Its 1 sigma error: that of the fit, upwards where the norm ended at a bound.
    pub ratio_err: Option<f64>,
    /// What is known of the source then.
    pub source: SourceProperties,
    /// Why the bin is left out of the test of variability, if it is.
    pub excluded: Option<String>,
}

/// Nearer than this to the flux of the whole time, in errors, a bin's likelihood is too flat to tell its error.
const TOO_NEAR: f64 = 0.1;

impl FixedShape {
    /// The flux over that of the whole time, with the error of a Gaussian that falls as far from it to 1 as the likelihood does, `|ratio - 1| / sqrt(2 dlogL)`;
    /// where the ratio is within a tenth of its error of 1, that error. It holds for limits, too: however lopsided, the likelihood is met where bins are
    /// compared. `None` where the fits did not find that.
    pub fn measured(&self) -> Option<(f64, f64)> {
        let (ratio, error) = (self.ratio?, self.ratio_err.filter(|error| *error > 0.0)?);
        if self.excluded.is_some() {
            return None;
        }
        let fall = (2.0 * (self.loglike_fixed - self.loglike_const)).sqrt();
        let distance = (ratio - 1.0).abs();
        let towards = distance / fall;
        Some((ratio, if fall > TOO_NEAR && towards.is_finite() { towards } else { error }))
    }
}

/// A time bin of a light curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TimeBin {
    /// Begin, mission time in s.
    pub tmin: f64,
    /// End, mission time in s.
    pub tmax: f64,
    /// What became of it.
    pub status: BinStatus,
    /// The same in words: why there are no data, why no fit was good enough.
    pub message: String,
    /// Good time in s.
    pub good_time: f64,
    /// Livetime in s.
    pub livetime: f64,
    /// Observed counts of the region.
    pub counts: f64,
    /// How the source maps were made, in words.
    pub maps: String,
    /// The fits that were tried, in their order; the last one is that which counts.
    pub attempts: Vec<BinAttempt>,
    /// Number of parameters that were free in the last of them.
    pub num_free_params: usize,
    /// `logL` of the fit that was good enough.
    pub loglike: Option<f64>,
    /// What is known of the source after it.
    pub source: Option<SourceProperties>,
    /// Upper limits, where the profile has fallen so far.
    pub limit: Option<FluxLimit>,
    /// Upper limits below which the confidence lies, all norms from 0 on taken for equally likely: those of few counts. Where [`is_ul`](Self::is_ul).
    pub limit_bayes: Option<FluxLimit>,
    /// Whether the limit stands for the bin: its TS is below `ul_ts_threshold`.
    pub is_ul: bool,
    /// The source with the spectrum of the whole time.
    pub fixed: Option<FixedShape>,
    /// Why that could not be fitted; empty where it was.
    pub message_fixed: String,
}

impl TimeBin {
    /// A bin of which nothing is known.
    pub(crate) fn unknown((tmin, tmax): (f64, f64), status: BinStatus, message: impl Into<String>) -> Self {
        Self {
            tmin,
            tmax,
            status,
            message: message.into(),
            good_time: 0.0,
            livetime: 0.0,
            counts: 0.0,
            maps: String::new(),
            attempts: Vec::new(),
            num_free_params: 0,
            loglike: None,
            source: None,
            limit: None,
            limit_bayes: None,
            is_ul: false,
            fixed: None,
            message_fixed: String::new(),
        }
    }

    /// Whether the source was fitted.
    pub fn fit_success(&self) -> bool {
        self.status == BinStatus::Fitted
    }

    /// A quantity of the source that is one number, by its key in results: `flux`, `flux_err`, `ts`, `npred`, ...; with the suffix `_fixed` that of the fit with
    /// the shape of the whole time.
    pub fn number(&self, key: &str) -> Option<f64> {
        match key.strip_suffix("_fixed") {
            Some("loglike") => self.fixed.as_ref().map(|fixed| fixed.loglike_fixed),
            Some(key) => self.fixed.as_ref()?.source.number(key),
            None if key == "loglike" => self.loglike,
            None => self.source.as_ref()?.number(key),
        }
        .filter(|number| number.is_finite())
    }
}
