//! What is the same for all bins: the source, the model of the whole time, who may be fitted.

use roi_fit::{Analysis, Companion, FitOptions, OptimizeOptions, SourceProperties};
use roi_model::{Roi, Source, SourceId, Spectrum};

use crate::error::{Error, Result};
use crate::light_curve::light_curve_options::{LightCurveOptions, not_in_list};

/// What is the same for all bins.
pub(crate) struct Plan {
    /// The source.
    pub(crate) name: String,
    /// Its place in the model.
    pub(crate) source: SourceId,
    /// The place of its norm among its parameters.
    pub(crate) norm: usize,
    /// The model of the whole time.
    pub(crate) roi: Roi,
    /// Its spectrum of the whole time.
    pub(crate) spectrum: Spectrum,
    /// What is known of it at the whole time.
    pub(crate) whole: SourceProperties,
    /// Others whose norms may be fitted, in the order of the model.
    pub(crate) others: Vec<String>,
    /// Diffuse sources whose norms are fitted in any case.
    pub(crate) diffuse: Vec<String>,
    /// What was free at the whole time, and stays so; `None` for nothing.
    pub(crate) background: Option<Vec<bool>>,
    /// What analyses of the bins have from that of the whole time.
    pub(crate) companion: Companion,
    /// Every fit.
    pub(crate) fit: FitOptions,
    /// The optimization before.
    pub(crate) optimize: OptimizeOptions,
    pub(crate) options: LightCurveOptions,
}

impl Plan {
    /// For a source, found by name or alias.
    ///
    /// # Errors
    /// When there is no such source, it has no norm or no such parameter, or one that is to be free is not there.
    pub(crate) fn new(analysis: &Analysis, name: &str, options: &LightCurveOptions) -> Result<Self> {
        options.check()?;
        let roi = analysis.roi();
        let source = roi.id_of(name)?;
        let model = &roi[source];
        let name = model.name().to_owned();
        let spectrum = model.spectrum().clone();
        let Some(norm) = spectrum.norm_index() else {
            return Err(Error::NoNorm { source_name: name, spectrum: spectrum.type_name().to_owned() });
        };
        let unknown = |parameter: &&String| spectrum.index_of(parameter).is_none();
        if let Some(parameter) = options.free_params.iter().find(unknown) {
            return Err(not_in_list("free_params", parameter, "names of parameters of the source's spectrum"));
        }
        let is_diffuse = |source: &&Source| source.spatial().is_diffuse_background();
        let names = |sources: &mut dyn Iterator<Item = &Source>| sources.map(|s| s.name().to_owned()).collect();
        let diffuse: Vec<String> = names(&mut roi.sources().iter().filter(is_diffuse));
        let skip = if options.free_diffuse { &[][..] } else { &diffuse[..] };
        let mut optimize = options.roiopt.clone();
        optimize.skip.extend(skip.iter().cloned());
        optimize.shape_ts_threshold = options.shape_ts_threshold;
        optimize.max_free_sources = options.max_free_sources.max(1);
        optimize.fit = quick(&optimize.fit);
        let companion = analysis.companion(&[&name])?;
        let mut whole = companion.analysis(analysis.session().clone(), Box::new(roi_fit::Quiet))?;
        let whole = whole
            .all_properties()?
            .remove(&name)
            .ok_or(Error::Internal { what: "a source of which nothing is known" })?;
        Ok(Self {
            others: others(roi, source, options)?,
            diffuse: if options.free_diffuse { diffuse } else { Vec::new() },
            background: options.free_background.then(|| analysis.free_vector()),
            fit: quick(&options.optimizer),
            options: options.clone(),
            roi: roi.clone(),
            name,
            source,
            norm,
            spectrum,
            whole,
            companion,
            optimize,
        })
    }

    /// The norm of the whole time, the scale not applied.
    pub(crate) fn norm_const(&self) -> f64 {
        self.spectrum.parameters()[self.norm].value()
    }
}

/// A fit after which TS and fluxes are known, and no profiles.
fn quick(options: &FitOptions) -> FitOptions {
    options.clone().with_update(true).with_scan(false).with_reoptimize(false).with_minos(false)
}

/// The sources of `free_sources`, and those within `free_radius` of the source that are not diffuse.
fn others(roi: &Roi, source: SourceId, options: &LightCurveOptions) -> Result<Vec<String>> {
    let mut wanted = Vec::new();
    for name in &options.free_sources {
        wanted.push(roi.id_of(name)?);
    }
    let center = roi[source].direction();
    for (id, model) in roi.ids().zip(roi.sources()) {
        let apart = center.zip(model.direction()).map(|(center, at)| center.separation(&at));
        let is_near = options.free_radius.zip(apart).is_some_and(|(radius, apart)| apart <= radius);
        if is_near && !model.spatial().is_diffuse_background() {
            wanted.push(id);
        }
    }
    wanted.retain(|id| *id != source && roi[*id].spectrum().norm_index().is_some());
    wanted.sort_unstable();
    wanted.dedup();
    Ok(wanted.into_iter().map(|id| roi[id].name().to_owned()).collect())
}
