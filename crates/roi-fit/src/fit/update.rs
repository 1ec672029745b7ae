//! The properties of sources after a change of the model: predicted counts, TS, fluxes, profile and limits.
//!
//! TS and profiles of all sources with free parameters are made together, in one pass for all TS and about ten for all profiles; only what
//! those cannot serve (`many_norms`) costs passes of its own.

use std::collections::BTreeMap;

use likelihood_core::{StopSignal, is_same_energy};
use ndarray::Array2;
use roi_model::{Source, SourceId};

use crate::analysis::Analysis;
use crate::error::Result;
use crate::flux::integrals::named_fluxes;
use crate::known::angular::{Angular, NamedFlux};
use crate::known::profile_curve::Profile;
use crate::known::progress::Event;
use crate::known::refitted_limit::{LimitStatus, RefittedLimit};
use crate::known::source_properties::{Fluxes, PredictedCounts, SourceProperties, SpectralParameter};
use crate::profile::known_maximum::KnownMaximum;
use crate::profile::many_norms::profiles_of_norms;
use crate::profile::profile_options::ProfileOptions;
use crate::profile::refitted_limits::refitted_limits;
use crate::profile::test_statistic::{rescaled_together, test_statistic};
use crate::session::edges_of;

/// Predicted counts in the energy bins of the analysis, to which components add theirs.
struct Predicted<'a> {
    /// Log10 of the energy edges.
    edges: &'a [f64],
    bins: Vec<f64>,
    total: f64,
}

impl<'a> Predicted<'a> {
    fn new(edges: &'a [f64]) -> Self {
        Self { edges, bins: vec![0.0; edges.len().saturating_sub(1)], total: 0.0 }
    }

    /// Adds the counts of a component's evaluated bins to the bins of the analysis that hold their centres.
    fn add(&mut self, edges: &[f64], counts: &[f64]) {
        self.total += counts.iter().sum::<f64>();
        for (pair, counts) in edges.windows(2).zip(counts) {
            let center = (pair[0] * pair[1]).sqrt().log10();
            let bin = self.edges.partition_point(|&edge| edge <= center).saturating_sub(1);
            if let Some(sum) = self.bins.get_mut(bin) {
                *sum += counts;
            }
        }
    }
}

impl Analysis {
    /// Recomputes the predicted counts of all sources.
    pub(crate) fn update_npred(&mut self) -> Result<()> {
        self.session.roi.ids().try_for_each(|id| self.update_npred_of(id))
    }

    /// Recomputes the predicted counts of a source.
    pub(crate) fn update_npred_of(&mut self, source: SourceId) -> Result<()> {
        let source = &self.session.roi[source];
        let edges = self.analysis_edges();
        let (mut counts, mut weighted) = (Predicted::new(&edges), Predicted::new(&edges));
        for component in self.session.data.components() {
            let (bins, own) = (component.bins(), edges_of(component));
            counts.add(own, &component.npred(source)?[bins.clone()]);
            weighted.add(own, &component.weighted_npred(source)?[bins]);
        }
        let (npred, npred_wt) = (counts.total, weighted.total);
        let (model_counts, model_counts_wt) = (counts.bins, weighted.bins);
        let predicted = PredictedCounts { npred, npred_wt, model_counts, model_counts_wt };
        self.known.take_counts(source.name(), predicted);
        Ok(())
    }

    /// Log10 of the energy edges of the analysis: those of all components together, in the range of energies that counts.
    fn analysis_edges(&self) -> Vec<f64> {
        let mut edges: Vec<f64> = self.session.data.components().iter().flat_map(edges_of).copied().collect();
        edges.sort_by(f64::total_cmp);
        edges.dedup_by(|next, edge| is_same_energy(*next, *edge));
        edges.into_iter().map(f64::log10).collect()
    }

    /// Recomputes the fluxes of a source and notes its parameters; errors where the last fit freed it, limits from that of its norm, and from the
    /// refitted one that is known.
    pub(crate) fn update_fluxes(&mut self, source: SourceId, norm_limit: Option<f64>) -> Result<()> {
        self.read_template(source);
        let source = &self.session.roi[source];
        let refitted = self.known.of(source.name()).and_then(|known| known.refitted_limit.as_ref());
        let integrals = self.fluxes(source, norm_limit, refitted)?;
        let block = self.covariance_of(source);
        let model_flux = if block.is_some() { self.bowtie(source.name(), None).ok() } else { None };
        let pivot_energy = model_flux.as_ref().and_then(|band| band.pivot_energy);
        let known = self.known.of(source.name()).map_or(1000.0, SourceProperties::pivot);
        let (dnde, dnde_index) = self.differential(source, pivot_energy.unwrap_or(known));
        let parameter = |p: &roi_model::Parameter| SpectralParameter {
            name: p.name().to_owned(),
            value: p.value(),
            // An error of 0 is none: of a parameter that no fit has moved, or that the data do not constrain.
            error: Some(p.error()).filter(|error| p.can_move() && *error > 0.0),
            scale: p.scale(),
            min: p.min(),
            max: p.max(),
            free: p.is_free(),
        };
        let parameters = source.spectrum().parameters().iter().map(parameter).collect();
        let correlation = self.norm_correlation(source);
        let covar = block.map(|(_, matrix)| matrix);
        let fluxes = Fluxes { integrals, pivot_energy, dnde, dnde_index, parameters, model_flux, covar, correlation };
        self.known.take_fluxes(source.name(), fluxes);
        Ok(())
    }

    /// Reads the template of a source if its fluxes need it; without a configuration there is none.
    pub(crate) fn read_template(&mut self, source: SourceId) {
        let Some(config) = &self.opened.config else { return };
        if let Some(note) = self.templates.read(config, &self.session.roi[source]) {
            tracing::warn!("{note}");
            self.opened.notes.push(note);
        }
    }

    /// Computes the fluxes that are unknown because their templates had not been read.
    pub(crate) fn update_template_fluxes(&mut self) -> Result<()> {
        for id in self.session.roi.ids() {
            let source = &self.session.roi[id];
            let known = self.known.of(source.name());
            let unknown = known.is_none_or(|known| known.number("flux").is_none());
            if unknown && source.spatial().angular_integral().is_none() {
                let limits = known.and_then(|known| known.norm_limits);
                self.update_fluxes(id, limits.and_then(|limits| limits.ul))?;
            }
        }
        Ok(())
    }

    /// Computes TS, npred, fluxes, profile and limits of every source with free parameters; returns for how many all is done. What cannot be done
    /// any more is forgotten: it was of other parameters.
    pub(crate) fn update_free_sources(
        &mut self,
        reoptimize: bool,
        scan: bool,
        maximum: Option<&KnownMaximum>,
    ) -> Result<usize> {
        self.update_npred()?;
        let roi = &self.session.roi;
        let free: Vec<SourceId> = roi.ids().filter(|&source| roi[source].is_free()).collect();
        for &id in &free {
            self.known.forget_measured(self.session.roi[id].name());
            self.update_fluxes(id, None)?;
        }
        // All that one pass can serve at once; the rest one by one. All TS first: they share the cached sum of the fixed sources, which each
        // profile of one source alone replaces.
        let mut together = if reoptimize { BTreeMap::new() } else { rescaled_together(&mut self.session, &free)? };
        let mut statistics = Vec::with_capacity(free.len());
        let total = 2 * free.len();
        for (done, &id) in free.iter().enumerate() {
            let name = self.session.roi[id].name().to_owned();
            if self.progress.event(&Event::Update { source: name.clone(), done, total }).is_break() {
                break;
            }
            let ts = match together.remove(&id) {
                Some(ts) => ts,
                None => test_statistic(&mut self.session, id, reoptimize)?,
            };
            self.known.take_ts(&name, &ts);
            statistics.push((id, name));
        }
        let options = ProfileOptions::default().with_reoptimize(reoptimize);
        let wanted = if scan && statistics.len() == free.len() { &free[..] } else { &[] };
        let mut profiles = self.profiles_of_norms(wanted, &options)?;
        self.update_refitted_limits(wanted, &profiles, |_| true, maximum)?;
        let mut done = 0;
        for (id, name) in statistics {
            let event = Event::Update { source: name.clone(), done: free.len() + done, total };
            if self.progress.event(&event).is_break() {
                break;
            }
            if scan {
                self.take_scan(id, &name, profiles.remove(&id), &options)?;
            } else {
                self.known.take_refitted_limit(&name, None);
                self.update_fluxes(id, None)?;
                self.known.take_scan(&name, None);
            }
            done += 1;
        }
        Ok(done)
    }

    /// Profile of the norm, limits, fluxes of some free sources; `false` when the watcher stopped it before its end.
    pub(crate) fn update_scans(
        &mut self,
        sources: &[SourceId],
        reoptimize: bool,
        maximum: Option<&KnownMaximum>,
    ) -> Result<bool> {
        let stop = self.progress.stop_signal();
        self.session.set_stop(stop);
        let done = self.try_to_update_scans(sources, reoptimize, maximum);
        self.session.set_stop(StopSignal::default());
        match done {
            Ok(()) => Ok(true),
            // What the fits found stands without.
            Err(error) if error.is_stop() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn try_to_update_scans(
        &mut self,
        sources: &[SourceId],
        reoptimize: bool,
        maximum: Option<&KnownMaximum>,
    ) -> Result<()> {
        let options = ProfileOptions::default().with_reoptimize(reoptimize);
        let mut profiles = self.profiles_of_norms(sources, &options)?;
        // Steps come one after the other, and most are soon out of date: they seek what every table shows.
        let is_sought = |flux: &NamedFlux| matches!(flux.name.as_str(), "flux" | "eflux");
        self.update_refitted_limits(sources, &profiles, is_sought, maximum)?;
        for &id in sources {
            let name = self.session.roi[id].name().to_owned();
            self.take_scan(id, &name, profiles.remove(&id), &options)?;
        }
        Ok(())
    }

    /// The profiles of norms that can be made together, by source.
    fn profiles_of_norms(
        &mut self,
        sources: &[SourceId],
        options: &ProfileOptions,
    ) -> Result<BTreeMap<SourceId, Profile>> {
        let angular = self.angular_integrals(sources);
        profiles_of_norms(&mut self.session, sources, options, |source| angular.get(&source).cloned())
    }

    /// The angular integrals of some sources, as far as they are known; templates are read.
    fn angular_integrals(&mut self, sources: &[SourceId]) -> BTreeMap<SourceId, Angular> {
        for &source in sources {
            self.read_template(source);
        }
        let known = |&source: &SourceId| Some((source, self.templates.of(&self.session.roi[source])?));
        sources.iter().filter_map(known).collect()
    }

    /// Recomputes the limits of some sources with all that is free fitted again: of their norms, and of the fluxes that are sought.
    fn update_refitted_limits(
        &mut self,
        sources: &[SourceId],
        profiles: &BTreeMap<SourceId, Profile>,
        is_sought: impl Fn(&NamedFlux) -> bool,
        maximum: Option<&KnownMaximum>,
    ) -> Result<()> {
        // With one norm free alone nothing else could be fitted again: it is the limit of the profile.
        if let (&[id], [parameter]) = (sources, &self.session.roi.free_parameters()[..])
            && let Some(profile) = profiles.get(&id).filter(|_| parameter.source == id)
        {
            let limit = RefittedLimit::of_norm(profile.limits().ul.ok_or(LimitStatus::NoFall));
            self.known.take_refitted_limit(self.session.roi[id].name(), Some(limit));
            return Ok(());
        }
        let angular = self.angular_integrals(sources);
        let (sought, others): (Vec<_>, Vec<_>) = named_fluxes(self.energy_range()).into_iter().partition(is_sought);
        let known = |source| angular.get(&source).cloned();
        let found = refitted_limits(&mut self.session, sources, &sought, known, maximum);
        let mut limits = match found {
            Err(error) if error.is_internal() || error.is_stop() => return Err(error),
            Err(error) => {
                // Test statistics and profiles stand without them.
                tracing::warn!("no limits with all that is free refitted: {error}");
                BTreeMap::new()
            }
            Ok(limits) => limits,
        };
        for &id in sources {
            let none = || RefittedLimit::of_norm(Err(LimitStatus::OthersNotAtMaximum));
            let has_norm = self.session.roi[id].spectrum().norm_index().is_some();
            let mut limit = limits.remove(&id).or_else(|| has_norm.then(none));
            // With a fixed shape the limit of the norm is that of every flux.
            if let Some(limit) = limit.as_mut().filter(|limit| limit.fluxes.is_some()) {
                for flux in &others {
                    limit.take_flux(&flux.name, Err(LimitStatus::NotSought));
                }
            }
            self.known.take_refitted_limit(self.session.roi[id].name(), limit);
        }
        Ok(())
    }

    /// Limits and fluxes from a profile of the norm, which is made if it is not there.
    fn take_scan(&mut self, id: SourceId, name: &str, known: Option<Profile>, options: &ProfileOptions) -> Result<()> {
        let has_norm = self.session.roi[id].spectrum().norm_index().is_some();
        let scan = match known {
            None if has_norm => Some(self.profile_norm(name, options)?),
            known => known,
        };
        let scan = scan.map(|scan| (scan.limits(), scan)).map(|(limits, scan)| (scan, limits));
        self.update_fluxes(id, scan.as_ref().and_then(|(_, limits)| limits.ul))?;
        self.known.take_scan(name, scan);
        Ok(())
    }

    /// Correlation of a source's norm with the norms of the other sources in the last fit.
    fn norm_correlation(&self, source: &Source) -> BTreeMap<String, f64> {
        let Some(covariance) = self.known.covariance() else { return BTreeMap::new() };
        let is_norm = |(name, parameter): &&(String, String)| {
            let spectrum = self.session.roi.sources().iter().find(|source| source.name() == name).map(Source::spectrum);
            spectrum.is_some_and(|s| s.norm_index().is_some_and(|norm| s.index_of(parameter) == Some(norm)))
        };
        let norms: Vec<(usize, &str)> = (0..)
            .zip(&covariance.parameters)
            .filter(|(_, key)| is_norm(key))
            .map(|(row, (name, _))| (row, name.as_str()))
            .collect();
        let Some(&(own, _)) = norms.iter().find(|(_, name)| *name == source.name()) else { return BTreeMap::new() };
        let at = |i: usize, j: usize| covariance.matrix[[i, j]];
        norms
            .iter()
            .filter(|(row, _)| *row != own)
            .map(|&(row, name)| (name.to_owned(), at(own, row) / (at(own, own) * at(row, row)).sqrt()))
            .filter(|(_, coefficient)| coefficient.is_finite())
            .collect()
    }

    /// A source's free parameters and their block of the last fit's covariance.
    pub(crate) fn covariance_of(&self, source: &Source) -> Option<(Vec<usize>, Array2<f64>)> {
        let covariance = self.known.covariance()?;
        let rows: Vec<(usize, usize)> = covariance
            .parameters
            .iter()
            .enumerate()
            .filter(|(_, (name, _))| name == source.name())
            .filter_map(|(row, (_, parameter))| Some((row, source.spectrum().index_of(parameter)?)))
            .collect();
        let block = Array2::from_shape_fn((rows.len(), rows.len()), |(i, j)| covariance.matrix[[rows[i].0, rows[j].0]]);
        (!rows.is_empty()).then(|| (rows.into_iter().map(|(_, parameter)| parameter).collect(), block))
    }
}
