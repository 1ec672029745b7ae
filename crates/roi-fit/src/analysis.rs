//! The analysis that a user holds: model, data, properties of the sources, and what the last fit knew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use lat_dataset::{Component, ComponentModel, Config, LightcurveConfig, OptimizerConfig, TrialMaker};
use likelihood_core::Data;
use roi_model::{Parameter, Roi, SourceId};

use crate::data::open_options::OpenOptions;
use crate::data::prepare::prepare_first;
use crate::data::source_maps;
use crate::error::{Error, Result};
use crate::known::angular::TemplateIntegrals;
use crate::known::merge::Known;
use crate::known::options::{FitOptions, OptimizeOptions};
use crate::known::progress::{Progress, Quiet};
use crate::known::source_properties::SourceProperties;
use crate::known::timing::Timing;
use crate::results::loglike_result::{ComponentCounts, LoglikeResult, WeightedCounts};
use crate::session::{Session, edges_of};

/// An analysis of one region: open it, free parameters, fit.
///
/// ```no_run
/// use roi_fit::{Analysis, FitOptions, Pars, Selection};
///
/// let mut roi = Analysis::open("config.yaml")?;
/// roi.free_sources(&Selection::within(3.0), Pars::Norm, true)?;
/// let o = roi.fit(&FitOptions::default())?;
/// println!("quality {}, logL {}", o.fit_quality, o.loglike);
/// # Ok::<(), roi_fit::Error>(())
/// ```
pub struct Analysis {
    pub(crate) session: Session,
    /// What is known of the sources.
    pub(crate) known: Known,
    /// Angular integrals of templates.
    pub(crate) templates: TemplateIntegrals,
    /// What the user did to sources, beyond what the model tells.
    pub(crate) edits: Edits,
    /// Where it came from.
    pub(crate) opened: Opened,
    /// Who watches fits and optimisations.
    pub(crate) progress: Box<dyn Progress>,
}

/// What a user did to sources, beyond what the model tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edits {
    /// Sources that were added with maps that were made for them: the maps of their names on file, if any, are of others.
    pub(crate) added: BTreeSet<String>,
    /// Sources that have left, as the maps are that the data still have of them.
    pub(crate) left: BTreeMap<String, roi_model::Source>,
    /// Files of spectral tables that were made here and lie nowhere yet.
    pub(crate) own_tables: BTreeSet<String>,
    /// Parameters that nothing frees, by source and parameter name.
    pub(crate) locked: BTreeSet<(String, String)>,
    /// Scales that the norms of zeroed sources had.
    pub(crate) zeroed: BTreeMap<String, f64>,
}

/// What an analysis has from its configuration; nothing when it was made in memory.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    /// The configuration.
    pub(crate) config: Option<Config>,
    /// Templates that components do not share, in their order; empty when all share all.
    pub(crate) component_models: Vec<ComponentModel>,
    /// The files of the counts, in the order of the components.
    counts_files: Vec<PathBuf>,
    /// What makes the maps of new sources, in the order of the components.
    trial_makers: Vec<TrialMaker>,
    /// The most bytes that the program may take.
    pub(crate) max_memory: Option<u64>,
    /// Seconds that it took.
    pub(crate) timing: Timing,
    pub(crate) notes: Vec<String>,
    fit_options: FitOptions,
    optimize_options: OptimizeOptions,
}

impl Opened {
    /// Of an analysis in memory, with options of fits.
    pub(crate) fn with_options(fit_options: FitOptions, optimize_options: OptimizeOptions) -> Self {
        Self { fit_options, optimize_options, ..Self::default() }
    }
}

impl Analysis {
    /// Opens a fermipy `config.yaml` (with or without a `files:` section) and everything it names.
    ///
    /// # Errors
    /// Whatever is missing, damaged or does not belong together, by file, HDU, source or key; see [`lat_dataset::load()`].
    pub fn open(config: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(config, Box::new(Quiet))
    }

    /// As [`Analysis::open`], with a watcher from the start: source maps that are not on file are made, which may take a while.
    ///
    /// # Errors
    /// As [`Analysis::open`].
    pub fn open_with(config: impl AsRef<Path>, progress: Box<dyn Progress>) -> Result<Self> {
        Self::open_by(config, progress, &OpenOptions::default())
    }

    /// As [`Analysis::open_with`], with options: within a limit of memory, for one.
    ///
    /// # Errors
    /// As [`Analysis::open`]; [`Error::Memory`] when the limit is too low, told before the memory is taken.
    pub fn open_by(config: impl AsRef<Path>, mut progress: Box<dyn Progress>, options: &OpenOptions) -> Result<Self> {
        let start = Instant::now();
        prepare_first(config.as_ref(), progress.as_mut())?;
        let mut templates = TemplateIntegrals::default();
        let loaded = lat_dataset::load_with(config.as_ref(), |model| {
            templates = TemplateIntegrals::of_model(model.path.to_owned());
            if options.reads_ahead(model.config.max_memory) {
                templates.read_ahead(model.config, model.sources);
            }
        })?;
        let load = start.elapsed().as_secs_f64();

        let start = Instant::now();
        let limit = options.max_memory.or(loaded.config.max_memory).map(|bytes| bytes / options.analyses.max(1) as u64);
        let (data, memory) = source_maps::data(&loaded, limit, progress.as_mut())?;
        let srcmaps = start.elapsed().as_secs_f64();
        let mut analysis = Self::new(loaded.roi, data)?;
        analysis.session = analysis.session.with_memory_limit(limit);
        analysis.progress = progress;
        let components = loaded.observation.components;
        analysis.templates = templates;
        // What is odd about the data is a warning; which keys were ignored is not.
        for remark in loaded.notes.iter().filter(|note| !loaded.config.notes.contains(note)) {
            tracing::warn!("{remark}");
        }
        analysis.opened = Opened {
            component_models: components.iter().map(|component| component.model.clone()).collect(),
            counts_files: components.iter().map(|component| component.products.ccube.clone()).collect(),
            trial_makers: components.into_iter().map(Component::into_trial_maker).collect(),
            max_memory: limit,
            timing: Timing { load, srcmaps, memory, ..Timing::default() },
            notes: loaded.notes,
            fit_options: fit_options(&loaded.config.optimizer),
            optimize_options: optimize_options(&loaded.config),
            config: Some(loaded.config),
        };
        Ok(analysis)
    }

    /// An analysis of a model and a likelihood that are in memory already.
    ///
    /// # Errors
    /// When a source has no source map, or its spectrum cannot be evaluated.
    pub fn new(roi: Roi, data: Data) -> Result<Self> {
        let mut analysis = Self {
            session: Session::new(roi, data),
            known: Known::default(),
            templates: TemplateIntegrals::default(),
            edits: Edits::default(),
            opened: Opened::default(),
            progress: Box::new(Quiet),
        };
        analysis.take_stock()?;
        Ok(analysis)
    }

    /// Predicted counts and fluxes of all sources as they stand.
    pub(crate) fn take_stock(&mut self) -> Result<()> {
        self.update_npred()?;
        self.session.roi.ids().try_for_each(|id| self.update_fluxes(id, None))
    }

    /// Options of [`Analysis::fit`] as the configuration has them.
    pub fn fit_options(&self) -> FitOptions {
        self.opened.fit_options.clone()
    }

    /// Options of [`Analysis::optimize`] as the configuration has them.
    pub fn optimize_options(&self) -> OptimizeOptions {
        self.opened.optimize_options.clone()
    }

    /// Section `lightcurve` of the configuration, or its defaults.
    pub fn light_curve_config(&self) -> LightcurveConfig {
        self.opened.config.as_ref().map(|config| config.lightcurve.clone()).unwrap_or_default()
    }

    /// Sets what the log tells of fits and optimisations with the options of the configuration: [`FitOptions::VERBOSITY`].
    pub fn set_verbosity(&mut self, verbosity: usize) {
        self.opened.fit_options.verbosity = verbosity;
        self.opened.optimize_options.fit.verbosity = verbosity;
    }

    /// What the files had to say: keys that were ignored, for example.
    pub fn notes(&self) -> &[String] {
        &self.opened.notes
    }

    /// Those of the [`notes`](Self::notes) that are warnings: what is odd about the data or the model. Keys that were ignored are none.
    pub fn remarks(&self) -> impl Iterator<Item = &str> {
        let ignored = self.opened.config.as_ref().map_or(&[][..], |config| &config.notes);
        self.opened.notes.iter().filter(|note| !ignored.contains(note)).map(String::as_str)
    }

    /// The model.
    pub fn roi(&self) -> &Roi {
        &self.session.roi
    }

    /// The model, to be changed. Fits and likelihoods notice changes of spectra and parameters; a source that is moved or reshaped
    /// keeps the map that the data have of its name.
    pub fn roi_mut(&mut self) -> &mut Roi {
        &mut self.session.roi
    }

    /// Data and source maps.
    pub fn likelihood(&self) -> &Data {
        &self.session.data
    }

    /// The model and the data: what fits take. A clone of it can be fitted beside this analysis.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The files that the counts were read from, in the order of the components: counts cubes, or source map files, which hold the counts, too. Nothing for an
    /// analysis that was made in memory.
    pub fn counts_files(&self) -> &[PathBuf] {
        &self.opened.counts_files
    }

    /// What makes the maps of new sources, in the order of the components; nothing for an analysis that was made in memory.
    pub fn trial_makers(&self) -> &[TrialMaker] {
        &self.opened.trial_makers
    }

    /// Seconds spent on opening.
    pub fn timing(&self) -> &Timing {
        &self.opened.timing
    }

    /// Sets the watcher of fits and optimisations.
    pub fn set_progress(&mut self, progress: Box<dyn Progress>) {
        self.progress = progress;
    }

    /// What is known of a source, found by name or alias. The fluxes of a template are known after a fit that freed it, or after
    /// [`Analysis::all_properties`].
    ///
    /// # Errors
    /// When no source, or more than one, has this name; when the source is new.
    pub fn properties(&self, name: &str) -> Result<&SourceProperties> {
        let source = self.session.roi.source(name)?;
        self.known.of(source.name()).ok_or_else(|| Error::NoProperties { source_name: source.name().to_owned() })
    }

    /// Properties of all sources, by name. Templates whose integrals the fluxes need are read at the first call; a file that cannot be read
    /// leaves its fluxes `null`, with a note.
    ///
    /// # Errors
    /// When a flux or its error cannot be computed.
    pub fn all_properties(&mut self) -> Result<BTreeMap<String, SourceProperties>> {
        self.update_template_fluxes()?;
        Ok(self.known.all().clone())
    }

    /// `logL` of the model as it stands (positive-going, without the `ln N!` term), the logarithms of the parameters' priors added.
    ///
    /// # Errors
    /// When the model cannot be evaluated: counts where it predicts none, a spectrum that is not finite, a value that its
    /// prior excludes.
    pub fn loglike(&mut self) -> Result<f64> {
        self.session.loglike()
    }

    /// `logL`, predicted counts by source, component and energy bin, and the gradient.
    ///
    /// # Errors
    /// As [`Analysis::loglike`].
    pub fn loglike_report(&mut self) -> Result<LoglikeResult> {
        let start = Instant::now();
        let free = self.session.roi.free_parameters();
        let mut gradient = vec![0.0; free.len()];
        let values = self.session.roi.free_values();
        let loglike = self.session.posterior()?.gradient(&values, &mut gradient)?;
        let mut components = Vec::new();
        for component in self.session.data.components() {
            // Only what lies in the range of energies counts.
            let bins = component.bins();
            let (mut npred, mut npred_wt) = (BTreeMap::new(), BTreeMap::new());
            for source in self.session.roi.sources() {
                npred.insert(source.name().to_owned(), component.npred(source)?[bins.clone()].to_vec());
                if component.has_weights() {
                    let weighted = component.weighted_npred(source)?[bins.clone()].to_vec();
                    npred_wt.insert(source.name().to_owned(), weighted);
                }
            }
            let weighted = component.has_weights().then(|| WeightedCounts {
                counts: component.weighted_counts_spectrum()[bins.clone()].to_vec(),
                npred: npred_wt,
            });
            components.push(ComponentCounts {
                name: component.name().to_owned(),
                energies: edges_of(component).to_vec(),
                counts: component.counts_spectrum()[bins].to_vec(),
                npred,
                weighted,
            });
        }
        let npred = components.iter().flat_map(|c| c.npred.values()).flatten().sum();
        let names = free.iter().map(|id| Ok(self.session.roi.parameter_name(*id)?.to_string()));
        let gradient = names.collect::<Result<Vec<_>>>()?.into_iter().zip(gradient).collect();
        let timing = Timing { fit: start.elapsed().as_secs_f64(), ..self.opened.timing.now() };
        Ok(LoglikeResult {
            loglike,
            npred,
            counts: self.session.data.total_counts(),
            energy_range: self.energy_range(),
            components,
            gradient,
            timing,
        })
    }

    /// Lowest and highest energy of the bins that count, in MeV, see [`Analysis::set_energy_range`].
    pub fn energy_range(&self) -> (f64, f64) {
        self.session.energy_range()
    }

    /// Position of a parameter in a source's spectrum.
    pub(crate) fn parameter_index(&self, source: SourceId, parameter: &str) -> Result<usize> {
        self.session.parameter_index(source, parameter)
    }

    /// Free flags of all parameters.
    pub(crate) fn free_flags(&self) -> Vec<Vec<bool>> {
        self.session
            .roi
            .sources()
            .iter()
            .map(|s| s.spectrum().parameters().iter().map(Parameter::is_free).collect())
            .collect()
    }

    /// Sets the free flags of all parameters; what is fixed has no error.
    pub(crate) fn set_free_flags(&mut self, flags: &[Vec<bool>]) -> Result<()> {
        for (source, flags) in self.session.roi.sources_mut().iter_mut().zip(flags) {
            for (parameter, &free) in source.spectrum_mut().parameters_mut().iter_mut().zip(flags) {
                parameter.set_free(free);
                if !free {
                    parameter.set_error(0.0)?;
                }
            }
        }
        Ok(())
    }
}

/// The `roiopt` section as options.
fn optimize_options(config: &Config) -> OptimizeOptions {
    let roiopt = &config.roiopt;
    OptimizeOptions {
        npred_frac: roiopt.npred_frac,
        npred_threshold: roiopt.npred_threshold,
        shape_ts_threshold: roiopt.shape_ts_threshold,
        max_free_sources: roiopt.max_free_sources,
        skip: roiopt.skip.clone(),
        fit: fit_options(&roiopt.optimizer),
        ..OptimizeOptions::default()
    }
}

/// The `optimizer` section as options.
fn fit_options(section: &OptimizerConfig) -> FitOptions {
    FitOptions {
        optimizer: section.optimizer.clone(),
        tol: section.tol,
        max_iter: section.max_iter,
        init_lambda: section.init_lambda,
        retries: section.retries,
        min_fit_quality: section.min_fit_quality,
        verbosity: section.verbosity,
        ..FitOptions::default()
    }
}
