//! A test source with the norms that are free in the model fitted beside it.

use ndarray::Array2;
use roi_fit::{Session, TrialMaker, climb};
use roi_model::{ParameterId, Prior, SkyDirection};

use crate::error::{Error, Result};
use crate::sky::test_source::TestSource;
use crate::trial::memory;
use crate::tsmap::amplitude::Amplitude;

/// The name of the source that is looked for.
const NAME: &str = "test source of a TS map";
/// The largest amplitude.
const MOST: f64 = 1e6;

/// What is fitted beside a test source, and where.
pub(crate) struct Scope<'a> {
    /// Sources that are left out.
    pub(crate) exclude: &'a [String],
    /// Energies, log10 of MeV.
    pub(crate) loge_bounds: [Option<f64>; 2],
    /// Width of the priors on the free norms, in units of their errors; `None` for no priors.
    pub(crate) cov_scale: Option<f64>,
}

/// A model whose free norms are at their maximum without a test source.
pub(crate) struct Refitted<'a> {
    base: Session,
    loglike: f64,
    /// Inverse of minus the Hessian at the maximum, before there are priors of `cov_scale`; `None` where it is not positive definite.
    covariance: Option<Array2<f64>>,
    /// Which of the free norms have a prior of the user, in the order of the covariance.
    has_prior: Vec<bool>,
    makers: &'a [TrialMaker],
    model: &'a TestSource,
}

/// A test source at its maximum, the free norms at theirs.
pub(crate) struct FittedTrial {
    /// The model with the test source.
    pub(crate) session: Session,
    /// Its norm.
    pub(crate) norm: ParameterId,
    /// The amplitude, by which its spectrum is that of the options.
    pub(crate) amplitude: Amplitude,
    /// Whether the maximum was found.
    pub(crate) is_converged: bool,
    /// What the norm's value is at amplitude 1.
    pub(crate) unit: f64,
    /// All its predicted counts at amplitude 1.
    pub(crate) npred: f64,
}

impl<'a> Refitted<'a> {
    /// What it takes, in bytes: a workspace, and on each thread another with the map of the test source.
    pub(crate) fn bytes(session: &Session, makers: &[TrialMaker]) -> u64 {
        let (threads, workspace) = (rayon::current_num_threads() as u64, session.workspace_bytes());
        workspace + threads * (workspace + memory::of_map(session, makers))
    }

    /// Fits the norms that are free in a session, what is excluded taken out, over the energies of the scope.
    pub(crate) fn new(
        session: &Session,
        makers: &'a [TrialMaker],
        model: &'a TestSource,
        scope: &Scope<'_>,
    ) -> Result<Self> {
        let mut base = session.within_loge_bounds(scope.loge_bounds)?;
        for name in scope.exclude {
            base.roi_mut().remove_source(name)?;
        }
        for source in base.roi_mut().sources_mut() {
            let norm = source.spectrum().norm_index();
            for (index, parameter) in source.spectrum_mut().parameters_mut().iter_mut().enumerate() {
                let is_free = parameter.is_free() && norm == Some(index);
                parameter.set_free(is_free);
            }
        }
        climb(&mut base, None)?;
        hold_unseen(&mut base)?;
        let covariance = optimizers::inverse(&base.derivatives()?.hessian.mapv(|h| -h));
        let roi = base.roi();
        let has_prior = |id: &ParameterId| Ok(roi.parameter(*id)?.prior().is_some());
        let has_prior = roi.free_parameters().iter().map(has_prior).collect::<Result<_>>()?;
        // What all places share is summed once.
        let base = base.on_one_thread();
        let mut trials = Self { base, loglike: f64::NAN, covariance, has_prior, makers, model };
        if let Some(scale) = scope.cov_scale {
            let mut base = trials.base.clone();
            trials.hold_near(&mut base, scale)?;
            trials.base = base;
        }
        trials.loglike = climb(&mut trials.base, None)?.loglike;
        Ok(trials)
    }

    /// Gives the free norms of a session (those of the model, and no other) Gaussian priors around their values, `scale` times their errors wide, in the
    /// place of those that were given here before; one of the user stays.
    ///
    /// # Errors
    /// [`Error::NoCovariance`].
    pub(crate) fn hold_near(&self, session: &mut Session, scale: f64) -> Result<()> {
        let free = session.roi().free_parameters();
        let covariance = self.covariance.as_ref().filter(|covariance| covariance.nrows() == free.len());
        let covariance = covariance.ok_or_else(|| Error::NoCovariance { parameters: self.names() })?;
        for ((row, id), has_prior) in free.into_iter().enumerate().zip(&self.has_prior) {
            if !has_prior {
                let parameter = session.roi_mut().parameter_mut(id)?;
                let prior = Prior::gaussian(parameter.value(), scale * covariance[[row, row]].sqrt())?;
                parameter.set_prior(Some(prior));
            }
        }
        Ok(())
    }

    /// The free norms of the model, for messages.
    fn names(&self) -> String {
        let roi = self.base.roi();
        let names = roi.free_parameters().into_iter().filter_map(|id| roi.parameter_name(id).ok());
        names.map(|name| name.to_string()).collect::<Vec<_>>().join(", ")
    }

    /// The model without a test source.
    pub(crate) fn base(&self) -> &Session {
        &self.base
    }

    /// `logL` of it.
    pub(crate) fn loglike(&self) -> f64 {
        self.loglike
    }

    /// The covariance of its free norms, in units of `value`.
    pub(crate) fn covariance(&self) -> Option<&Array2<f64>> {
        self.covariance.as_ref()
    }

    /// The maximum for a test source at a place, and all its predicted counts at amplitude 1.
    pub(crate) fn at(&self, place: SkyDirection) -> Result<(Amplitude, f64)> {
        self.fitted(place).map(|fitted| (fitted.amplitude, fitted.npred))
    }

    /// The model with a test source at a place, at the maximum.
    pub(crate) fn fitted(&self, place: SkyDirection) -> Result<FittedTrial> {
        let mut source = self.model.at(NAME, place)?;
        let norm = source.spectrum().norm_index();
        let norm = norm.ok_or(Error::Internal { what: "a test source without a norm" })?;
        let parameter = &mut source.spectrum_mut().parameters_mut()[norm];
        let unit = parameter.value();
        parameter.set_bounds(0.0, MOST * unit)?;
        parameter.set_free(true);
        let maps =
            self.makers.iter().map(|maker| maker.source_map(&source)).collect::<lat_dataset::Result<Vec<_>>>()?;
        let mut session = self.base.clone();
        session.set_source_maps(NAME, &maps)?;
        let npred = session.data().npred(&source)?;
        session.roi_mut().add_source(source)?;
        let summit = climb(&mut session, None)?;
        let norm = ParameterId { source: session.roi().id_of(NAME)?, parameter: norm };
        let value = session.roi().parameter(norm)?.value() / unit;
        let ts = (2.0 * (summit.loglike - self.loglike)).max(0.0);
        let amplitude = Amplitude { ts, value: if ts > 0.0 { value } else { 0.0 } };
        Ok(FittedTrial { session, norm, amplitude, is_converged: summit.is_converged, unit, npred })
    }
}

/// Holds the free parameters that no bin sees: the data say nothing of them, and no error of the others would be known beside them.
fn hold_unseen(session: &mut Session) -> Result<()> {
    let hessian = session.derivatives()?.hessian;
    for (id, curvature) in session.roi().free_parameters().into_iter().zip(hessian.diag()) {
        if *curvature == 0.0 {
            session.roi_mut().parameter_mut(id)?.set_free(false);
        }
    }
    Ok(())
}
