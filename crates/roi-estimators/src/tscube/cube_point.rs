//! One place of a TS cube: the fit of the whole range, and those of the bins.

use roi_fit::Session;
use roi_model::{SkyDirection, Spectrum};

use crate::curve::session_curve::is_impossible;
use crate::error::Result;
use crate::sed::fit_bin::{fit_bin, stand_in};
use crate::sed::sed_options::SedOptions;
use crate::sed::sed_result::SedBin;
use crate::sed::sed_verb::bin_of;
use crate::tscube::tscube_options::TsCubeOptions;
use crate::tsmap::refitted::{FittedTrial, Refitted};

/// What is known of the test source at one place; not a number where nothing is.
#[derive(Clone, Debug)]
pub(crate) struct CubePoint {
    /// Twice the gain in `logL`.
    pub(crate) ts: f64,
    /// The amplitude.
    pub(crate) norm: f64,
    /// Its 1 sigma error, from the exact Hessian of all that is free.
    pub(crate) norm_err: f64,
    /// Predicted counts at the maximum.
    pub(crate) npred: f64,
    /// 0 when the maximum was found, 1 when not, -1 off the projection.
    pub(crate) status: i32,
    /// The bins, one value each.
    pub(crate) bins: Vec<BinPoint>,
    /// Points of the scans and `logL` there relative to the maximum, bin after bin.
    pub(crate) scans: (Vec<f64>, Vec<f64>),
}

/// What is known of one bin. Norms are relative to the reference spectrum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BinPoint {
    pub(crate) ts: f64,
    pub(crate) status: i32,
    pub(crate) norm: f64,
    pub(crate) norm_ul: f64,
    pub(crate) norm_err: f64,
    pub(crate) norm_errp: f64,
    pub(crate) norm_errn: f64,
    pub(crate) loglike: f64,
    pub(crate) ref_npred: f64,
}

impl CubePoint {
    /// A place that is none.
    pub(crate) fn unseen(n_bins: usize, n_points: usize) -> Self {
        let nan = f64::NAN;
        let bin = BinPoint {
            ts: nan,
            status: -1,
            norm: nan,
            norm_ul: nan,
            norm_err: nan,
            norm_errp: nan,
            norm_errn: nan,
            loglike: nan,
            ref_npred: nan,
        };
        Self {
            ts: nan,
            norm: nan,
            norm_err: nan,
            npred: nan,
            status: -1,
            bins: vec![bin; n_bins],
            scans: (vec![nan; n_bins * n_points], vec![nan; n_bins * n_points]),
        }
    }

    /// What it takes with so many bins and points of a scan, in bytes.
    pub(crate) fn bytes(n_bins: usize, n_points: usize) -> u64 {
        (size_of::<Self>() + n_bins * (size_of::<BinPoint>() + 2 * n_points * size_of::<f64>())) as u64
    }

    /// Fits the test source at a place, and in the bins between `edges` (MeV).
    pub(crate) fn at(
        trials: &Refitted<'_>,
        place: SkyDirection,
        edges: &[f64],
        options: &TsCubeOptions,
    ) -> Result<Self> {
        let mut fitted = trials.fitted(place)?;
        let free = fitted.session.roi().free_parameters();
        let row = free.iter().position(|id| *id == fitted.norm);
        let covariance = optimizers::inverse(&fitted.session.derivatives()?.hessian.mapv(|h| -h));
        let variance = row.zip(covariance).and_then(|(row, covariance)| covariance.get([row, row]).copied());
        let n_bins = if options.do_sed { edges.len() - 1 } else { 0 };
        let mut point = Self {
            ts: fitted.amplitude.ts,
            norm: fitted.amplitude.value,
            norm_err: variance.map_or(f64::NAN, |variance| variance.sqrt() / fitted.unit),
            npred: fitted.amplitude.value * fitted.npred,
            status: i32::from(!fitted.is_converged),
            bins: Vec::with_capacity(n_bins),
            scans: (Vec::with_capacity(n_bins * options.nnorm), Vec::with_capacity(n_bins * options.nnorm)),
        };
        if options.do_sed {
            let spectrum = options.model.spectrum()?;
            point.fit_bins(trials, fitted, edges, (&spectrum, options))?;
        }
        Ok(point)
    }

    fn fit_bins(
        &mut self,
        trials: &Refitted<'_>,
        fitted: FittedTrial,
        edges: &[f64],
        (spectrum, options): (&Spectrum, &TsCubeOptions),
    ) -> Result<()> {
        let of_bins = options.of_bins();
        let FittedTrial { mut session, norm, amplitude, .. } = fitted;
        // First, as what else is free are the norms whose errors are known.
        session.roi_mut().parameter_mut(norm)?.set_free(false);
        set_background(&mut session, trials, options)?;
        let source = norm.source;
        session.roi_mut()[source] = stand_in(&session.roi()[source], &of_bins)?;
        match session.loglike() {
            // Another norm will do.
            Err(error) if is_impossible(&error) => {}
            other => drop(other?),
        }
        let slope = SedOptions::default().with_use_local_index(true);
        for edges in edges.windows(2) {
            let mut bin = bin_of(spectrum, (edges[0], edges[1]), &slope);
            bin.flux *= amplitude.value;
            self.take(&fit_bin(&session, source, bin, &of_bins)?, options.nnorm);
        }
        Ok(())
    }

    fn take(&mut self, bin: &SedBin, n_points: usize) {
        let number = |value: Option<f64>| value.unwrap_or(f64::NAN);
        self.bins.push(BinPoint {
            ts: bin.ts,
            status: bin.fit_status,
            norm: number(bin.norm),
            norm_ul: number(bin.norm_ul95),
            norm_err: number(bin.norm_err),
            norm_errp: number(bin.norm_err_hi),
            norm_errn: number(bin.norm_err_lo),
            loglike: bin.loglike,
            ref_npred: bin.reference.npred,
        });
        for (all, own) in [(&mut self.scans.0, &bin.norm_scan), (&mut self.scans.1, &bin.dloglike_scan)] {
            all.extend((0..n_points).map(|at| own.get(at).copied().unwrap_or(f64::NAN)));
        }
    }
}

/// Holds the background in the bins, or fits it with priors.
fn set_background(session: &mut Session, trials: &Refitted<'_>, options: &TsCubeOptions) -> Result<()> {
    if let Some(scale) = options.cov_scale {
        return trials.hold_near(session, scale);
    }
    for source in session.roi_mut().sources_mut() {
        source.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    }
    Ok(())
}
