//! The light curve of a source, as a page shows it.

use roi_estimators::{LightCurve, TimeBin};

/// A light curve.
///
/// ```
/// use roi_report::{LightCurveBin, LightCurvePanel};
/// let bin = LightCurveBin::new(239557417.0, 239643817.0).with_flux(Some(3e-7), Some(5e-8)).with_ts(Some(42.0));
/// let panel = LightCurvePanel::new("Crab", vec![bin]);
/// assert_eq!(panel.bins.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LightCurvePanel {
    /// The source.
    pub name: String,
    /// Its bins, in order of time.
    pub bins: Vec<LightCurveBin>,
    /// What is to be said of it: TS of variability and its probability, say.
    pub remarks: Vec<String>,
}

/// One bin. What is not known is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LightCurveBin {
    /// Its beginning, mission elapsed time, s.
    pub tmin: f64,
    /// Its end.
    pub tmax: f64,
    /// Photon flux, cm^-2 s^-1.
    pub flux: Option<f64>,
    /// Its 1 sigma error.
    pub flux_err: Option<f64>,
    /// Upper limit of the flux at 95 %.
    pub flux_ul95: Option<f64>,
    /// Test statistic.
    pub ts: Option<f64>,
    /// Why there is no flux, or one that cannot be trusted.
    pub problem: Option<String>,
}

impl LightCurvePanel {
    /// The light curve of a source.
    pub fn new(name: impl Into<String>, bins: Vec<LightCurveBin>) -> Self {
        Self { name: name.into(), bins, remarks: Vec::new() }
    }

    /// Sets [`remarks`](Self::remarks).
    #[must_use]
    pub fn with_remarks(mut self, remarks: Vec<String>) -> Self {
        self.remarks = remarks;
        self
    }
}

impl From<&LightCurve> for LightCurvePanel {
    fn from(curve: &LightCurve) -> Self {
        let mut remarks = Vec::new();
        let found = &curve.variability;
        if let Some(chance) = found.p_value {
            let (ts, dof) = (found.ts_var, found.dof);
            remarks.push(format!(
                "TS of variability {ts:.1} with {dof} degrees of freedom: a constant source has more with probability {chance:.2e}."
            ));
        }
        remarks.push(format!("Bayesian blocks: {} stretches of constant flux.", curve.blocks.len()));
        remarks.extend(curve.warnings.iter().cloned());
        Self::new(curve.name.as_str(), curve.bins.iter().map(LightCurveBin::from).collect()).with_remarks(remarks)
    }
}

impl From<&TimeBin> for LightCurveBin {
    fn from(bin: &TimeBin) -> Self {
        let problem = (!bin.fit_success()).then(|| format!("{}: {}", bin.status.as_str(), bin.message));
        Self::new(bin.tmin, bin.tmax)
            .with_flux(bin.number("flux"), bin.number("flux_err"))
            .with_flux_ul95(bin.number("flux_ul95_profile").or(bin.number("flux_ul95")))
            .with_ts(bin.number("ts").map(|ts| ts.max(0.0)))
            .with_problem(problem)
    }
}

impl LightCurveBin {
    /// A bin of which nothing is known, from `tmin` to `tmax`, mission elapsed time in s.
    pub fn new(tmin: f64, tmax: f64) -> Self {
        Self { tmin, tmax, ..Self::default() }
    }

    /// Sets flux and error, cm^-2 s^-1.
    #[must_use]
    pub fn with_flux(mut self, flux: Option<f64>, flux_err: Option<f64>) -> Self {
        (self.flux, self.flux_err) = (flux, flux_err);
        self
    }

    /// Sets the upper limit of the flux, cm^-2 s^-1.
    #[must_use]
    pub fn with_flux_ul95(mut self, flux_ul95: Option<f64>) -> Self {
        self.flux_ul95 = flux_ul95;
        self
    }

    /// Sets [`ts`](Self::ts).
    #[must_use]
    pub fn with_ts(mut self, ts: Option<f64>) -> Self {
        self.ts = ts;
        self
    }

    /// Sets [`problem`](Self::problem).
    #[must_use]
    pub fn with_problem(mut self, problem: Option<String>) -> Self {
        self.problem = problem;
        self
    }
}
