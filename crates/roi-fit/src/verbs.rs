//! Verbs of the user: each works on the session, and what it finds is merged into what is known.

use std::collections::BTreeMap;
use std::time::Instant;

use likelihood_core::StopSignal;
use roi_model::{ParameterId, Source, SourceId};

use crate::analysis::Analysis;
use crate::data::open_options::OpenOptions;
use crate::data::prepare::{PrepareOptions, prepare};
use crate::error::{Error, Result};
use crate::fit::fit_free::{covariance, fit_free};
use crate::known::options::FitOptions;
use crate::known::profile_curve::Profile;
use crate::known::progress::Quiet;
use crate::known::refitted_limit::LimitStatus;
use crate::known::source_properties::{SourceProperties, TestStatistic};
use crate::known::timing::Timing;
use crate::profile::known_maximum::KnownMaximum;
use crate::profile::one::profile;
use crate::profile::profile_options::ProfileOptions;
use crate::profile::test_statistic::{rescaled_together, test_statistic};
use crate::results::fit_result::{FitResult, Updated};
use crate::session::no_parameter;

impl Analysis {
    /// Fits all free parameters.
    ///
    /// Attempts are made, up to `retries` of them, until one reaches `min_fit_quality` and is not in doubt; the best end counts. If none does, every parameter is as it was
    /// before, bit for bit, and the result says so (`fit_success` false, status and message). On success values and errors are set
    /// and, with `update`, TS, npred and fluxes of every source with free parameters are computed.
    ///
    /// # Errors
    /// Wrong options, an unknown optimizer, a start whose likelihood cannot be evaluated, a defect of the data. The parameters are
    /// restored in every case.
    pub fn fit(&mut self, options: &FitOptions) -> Result<FitResult> {
        let start = Instant::now();
        let fitted = fit_free(&mut self.session, options, self.progress.as_mut())?;
        let Some(end) = &fitted.end else {
            return Ok(FitResult::new(fitted, options, Updated::default(), Timing::default()));
        };
        let mut timing =
            Timing { load: self.opened.timing.load, srcmaps: self.opened.timing.srcmaps, ..Timing::default() };
        timing.fit = start.elapsed().as_secs_f64();
        let mut updated = Updated::default();
        if end.refusal.is_none() {
            self.known.take_covariance(covariance(&self.session.roi, &end.minimum));
            if options.update {
                let start = Instant::now();
                updated = self.update_after_fit(options, KnownMaximum::of_minimum(&end.minimum).as_ref());
                timing.update = start.elapsed().as_secs_f64();
            }
        }
        timing.memory = self.opened.timing.now().memory;
        Ok(FitResult::new(fitted, options, updated, timing))
    }

    /// TS, npred and fluxes of the free sources. The fit stands, whatever becomes of them, and so does what was found before an end.
    fn update_after_fit(&mut self, options: &FitOptions, maximum: Option<&KnownMaximum>) -> Updated {
        self.session.set_stop(self.progress.stop_signal());
        let done = self.update_free_sources(options.reoptimize, options.scan, maximum);
        self.session.set_stop(StopSignal::default());
        let free = self.session.roi.sources().iter().filter(|source| source.is_free());
        let known = |source: &Source| Some((source.name().to_owned(), self.known.of(source.name())?.clone()));
        let sources: BTreeMap<String, SourceProperties> = free.clone().filter_map(known).collect();
        let mut warnings = Vec::new();
        match done {
            Ok(done) if done == free.count() => {}
            Err(error) if !error.is_stop() => warnings.push(format!("TS and fluxes were not all updated: {error}")),
            _ => warnings.push("the update of TS and fluxes was stopped before its end".into()),
        }
        warnings.extend(sources.iter().filter_map(|(name, properties)| without_limit(name, properties)));
        Updated { sources, warnings }
    }

    /// TS of a source at the present parameter values. The model is left as it was, bit for bit.
    ///
    /// # Errors
    /// When there is no such source, or the likelihood with the source cannot be evaluated.
    pub fn ts(&mut self, name: &str, reoptimize: bool) -> Result<TestStatistic> {
        let source = self.session.roi.id_of(name)?;
        test_statistic(&mut self.session, source, reoptimize)
    }

    /// Computes the TS (rescaled) of every source that has none yet.
    ///
    /// # Errors
    /// As [`Analysis::ts`].
    pub fn compute_missing_ts(&mut self) -> Result<()> {
        let roi = &self.session.roi;
        let is_missing = |id: &SourceId| self.known.of(roi[*id].name()).is_none_or(|p| p.ts.is_none());
        let missing: Vec<SourceId> = roi.ids().filter(is_missing).collect();
        let mut together = rescaled_together(&mut self.session, &missing)?;
        for id in missing {
            let ts = match together.remove(&id) {
                Some(ts) => ts,
                None => test_statistic(&mut self.session, id, false)?,
            };
            self.known.take_ts(self.session.roi[id].name(), &ts);
        }
        Ok(())
    }

    /// Profile of a source's normalisation, found by name or alias. The model is left as it was, bit for bit.
    ///
    /// The normalisation is moved beyond its bounds if need be, but not below zero. Priors are part of `logL`.
    ///
    /// ```
    /// # use roi_simulate::{SimulationOptions, simulate};
    /// # use roi_fit::{Analysis, FitOptions, ProfileOptions};
    /// # let simulated = simulate(&SimulationOptions::default().with_npix(20).with_ebins(6).with_sources(2))?;
    /// # let likelihood = simulated.likelihood()?;
    /// # let mut roi = Analysis::new(simulated.start, likelihood)?;
    /// roi.fit(&FitOptions::default())?;
    /// let name = roi.roi().sources()[0].name().to_owned();
    /// let profile = roi.profile_norm(&name, &ProfileOptions::default())?;
    /// assert_eq!(profile.xvals.len(), 20);
    /// println!("upper limit {:?}", profile.limits().ul);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such source, it has no normalisation, an option is wrong, or `logL` of the model as it stands cannot be
    /// evaluated.
    pub fn profile_norm(&mut self, name: &str, options: &ProfileOptions) -> Result<Profile> {
        let id = self.session.roi.id_of(name)?;
        let source = &self.session.roi[id];
        let norm = source.spectrum().norm_index().ok_or_else(|| no_parameter(source, "normalisation"))?;
        self.profile_of(ParameterId { source: id, parameter: norm }, options)
    }

    /// Profile of any parameter of a source, found by name or alias. The model is left as it was, bit for bit.
    ///
    /// Chosen points stay within the bounds of a parameter that is no normalisation; points given as `xvals` are visited wherever they
    /// are. With `reoptimize` and without `fix_shape` all other free parameters are fitted again.
    ///
    /// # Errors
    /// As [`Analysis::profile_norm`]; when the source has no such parameter.
    pub fn profile(&mut self, name: &str, parameter: &str, options: &ProfileOptions) -> Result<Profile> {
        let source = self.session.roi.id_of(name)?;
        let parameter = self.parameter_index(source, parameter)?;
        self.profile_of(ParameterId { source, parameter }, options)
    }

    /// fermipy's `setup`: makes anew what has changed since the analysis was opened, with `overwrite` everything that is made from event files, and
    /// opens the configuration again. The model is that of the configuration then, as if nothing had been fitted yet.
    ///
    /// # Errors
    /// As [`prepare`] and [`Analysis::open`]; [`Error::NoFiles`] for an analysis that was made in memory. The analysis is as it was then.
    pub fn setup(&mut self, overwrite: bool) -> Result<()> {
        let Some(config) = &self.opened.config else { return Err(Error::NoFiles { what: "setup" }) };
        let (path, limit) = (config.path.clone(), self.opened.max_memory);
        let options = PrepareOptions::default().with_overwrite(overwrite).with_max_memory(limit);
        if lat_dataset::prepares_events(config)? {
            prepare(&path, &options, self.progress.as_mut())?;
        }
        let mut anew = Self::open_by(&path, Box::new(Quiet), &OpenOptions::default().with_max_memory(limit))?;
        std::mem::swap(&mut anew.progress, &mut self.progress);
        *self = anew;
        Ok(())
    }

    fn profile_of(&mut self, id: ParameterId, options: &ProfileOptions) -> Result<Profile> {
        self.read_template(id.source);
        let angular = self.templates.of(&self.session.roi[id.source]);
        if options.loge_bounds == [None, None] {
            return profile(&mut self.session, id, options, angular.as_ref());
        }
        let mut within = self.session.within_loge_bounds(options.loge_bounds)?;
        profile(&mut within, id, options, angular.as_ref())
    }
}

/// A word on a source whose limit with all that is free refitted was not found.
fn without_limit(name: &str, properties: &SourceProperties) -> Option<String> {
    let limit = properties.refitted_limit.as_ref()?;
    let of_flux = limit.without.iter().find(|(_, status)| **status != LimitStatus::NotSought);
    let (status, what) = match (limit.status, of_flux) {
        (LimitStatus::Converged, None) => return None,
        (LimitStatus::Converged, Some((_, status))) => {
            (*status, limit.without.keys().map(|flux| format!("{flux}_ul95_profile")).collect::<Vec<_>>().join(", "))
        }
        (status, _) => (status, "norm_ul95_profile".to_owned()),
    };
    let why = match status {
        LimitStatus::Converged | LimitStatus::NotSought => return None,
        LimitStatus::HigherMaximum => "on the way to it a higher logL was found; fit again",
        LimitStatus::NoFall => "logL does not fall far enough, however bright the source",
        LimitStatus::OthersNotAtMaximum => "the other parameters did not come to a maximum",
    };
    Some(format!("no {what} of {name}: {why}"))
}
