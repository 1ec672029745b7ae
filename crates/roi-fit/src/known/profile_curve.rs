//! The log-likelihood along one parameter, as data.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::known::exact_json;
use crate::known::limits::{CL_ERR, CL_LIMIT, ParameterLimits, parameter_limits};

/// The log-likelihood along one parameter, with what the source would be at each point. All lists are of the length of `xvals`,
/// save those that cannot be known, which are empty. `Serialize` and `Deserialize` are for saved states, [`Profile::to_json`] is for people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The source.
    pub src_name: String,
    /// The parameter that was moved.
    pub par_name: String,
    /// Its values, the scale not applied.
    pub xvals: Vec<f64>,
    /// Predicted counts of the source.
    pub npred: Vec<f64>,
    /// The same with each pixel's counts times its likelihood weight.
    pub npred_wt: Vec<f64>,
    /// True value of the source's normalisation; empty for a spectrum without one.
    pub dnde: Vec<f64>,
    /// Photon flux over the analysis range, ph cm^-2 s^-1; empty when it cannot be computed.
    pub flux: Vec<f64>,
    /// Energy flux over the analysis range, MeV cm^-2 s^-1; empty when it cannot be computed.
    pub eflux: Vec<f64>,
    /// `logL`; minus infinity where the data are impossible.
    #[serde(with = "exact_json::list")]
    pub loglike: Vec<f64>,
    /// `logL` relative to that of the model before the scan.
    #[serde(with = "exact_json::list")]
    pub dloglike: Vec<f64>,
    /// Likelihood evaluations that it took.
    pub calls: usize,
    /// Limits and errors from the likelihood itself, wherever its points are; without them [`Profile::limits`] has those of the points.
    pub exact_limits: Option<ParameterLimits>,
    /// How the fit of the others ended at each point, 0 when all is well: see [`optimizers::Status::code`]. Empty when the others were held.
    pub fit_status: Vec<i32>,
    /// What is to be known before the profile is used: that the model was not at its maximum, that fits of the others did not converge.
    pub warnings: Vec<String>,
}

impl Profile {
    /// Limits and errors of the parameter, the scale not applied: 95 % one-sided limits and 1 sigma errors, around the maximum of the fit.
    pub fn limits(&self) -> ParameterLimits {
        if let Some(limits) = self.exact_limits {
            return limits;
        }
        parameter_limits(&self.xvals, &self.dloglike, CL_LIMIT, CL_ERR)
    }

    /// Highest `logL` of the curve: that of its maximum, or of its points where that is not known.
    pub fn max_loglike(&self) -> Option<f64> {
        let zero = self.loglike.iter().zip(&self.dloglike).find(|(l, d)| l.is_finite() && d.is_finite());
        let maximum =
            self.exact_limits.and_then(|limits| limits.lnlmax).zip(zero).map(|(lnlmax, (l, d))| l - d + lnlmax);
        let points = self.loglike.iter().copied().filter(|l| l.is_finite());
        points.chain(maximum).max_by(f64::total_cmp)
    }

    /// The dictionary with the documented keys. JSON has no infinity: impossible points are `null`.
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.src_name,
            "par_name": self.par_name,
            "xvals": self.xvals,
            "npred": self.npred,
            "npred_wt": self.npred_wt,
            "dnde": self.dnde,
            "flux": self.flux,
            "eflux": self.eflux,
            "loglike": self.loglike,
            "dloglike": self.dloglike,
            "limits": self.limits(),
            "calls": self.calls,
            "fit_status": self.fit_status,
            "warnings": self.warnings,
        })
    }
}
