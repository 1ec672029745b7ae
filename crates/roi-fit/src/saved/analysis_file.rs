//! Saving a whole analysis and taking it up again: `PREFIX.json` with everything, `PREFIX_00.xml` with the model for each component,
//! `PREFIX.fits` with tables for people and plots.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lat_dataset::FileKind;
use roi_model::{Parameter, Roi, Source, Spectrum};
use serde_json::{Map, Value, json};

use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::flux::tabulate::read_library;
use crate::known::covariance::Covariance;
use crate::known::merge::Known;
use crate::saved::format::{SavedFile, SavedRoi, SavedSource, Version};
use crate::saved::model_xml::NO_MODEL;
use crate::session::edges_of;
use lat_io::{FolderLock, read_text, write_text};

/// Version of the JSON.
const FORMAT: u32 = 2;
/// How long is waited for others that save in the same folder.
const PATIENCE: Duration = Duration::from_secs(5);

impl Analysis {
    /// Saves the analysis as `PREFIX.json`, `PREFIX.fits` and one `PREFIX_NAME.xml` a component. An ending `.fits`, `.json`, `.npy`,
    /// `.xml` or `.yaml` of the prefix is dropped. Every file appears whole or not at all; the JSON comes last. One analysis at a time saves in a folder, so that these
    /// files are those of one of two that save at once; another one is waited for for five seconds.
    ///
    /// # Errors
    /// When the likelihood cannot be evaluated, or a file cannot be written.
    pub fn write_roi(&mut self, prefix: impl AsRef<Path>) -> Result<()> {
        let prefix = stem(prefix.as_ref());
        let loglike = self.loglike()?;
        self.update_template_fluxes()?;
        let folder = prefix.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let alone = FolderLock::take_within(folder, PATIENCE);
        if alone.is_none() {
            // Who has it that long makes products there, mostly.
            tracing::warn!("another process works in '{}': it is not waited for any longer", folder.display());
        }
        for (index, component) in self.session.data.components().iter().enumerate() {
            self.write_component_xml(index, &with_ending(&prefix, &format!("_{}.xml", component.name())))?;
        }
        self.write_tables(&with_ending(&prefix, ".fits"), loglike)?;
        let properties = |source: &Source| self.known.of(source.name()).cloned().unwrap_or_default();
        let saved = |source: &Source| (source.name().to_owned(), SavedSource::new(source, &properties(source)));
        let state = SavedRoi {
            format: FORMAT,
            title: self.session.roi.title().to_owned(),
            loglike,
            energy_range: self.energy_range(),
            locked: self.edits.locked.iter().cloned().collect(),
            zeroed: self.edits.zeroed.clone(),
            covariance: self.known.covariance().cloned(),
            sources: self.session.roi.sources().iter().map(saved).collect(),
        };
        // `state` is what load_roi reads; the rest is for people and scripts, under fermipy's keys.
        let file = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "roi": self.totals(loglike)?,
            "sources": self.session.roi.sources().iter().map(|s| (s.name().to_owned(), self.dictionary(s))).collect::<Map<_, _>>(),
            "lck_params": self.locks(),
            "state": state,
        });
        let path = with_ending(&prefix, ".json");
        let text = serde_json::to_string_pretty(&file).map_err(|error| bad(&path, error.to_string()))?;
        write_text(&path, &text)?;
        drop(alone);
        Ok(())
    }

    /// Takes up an analysis that [`Analysis::write_roi`] saved: parameters, freedom, priors, locks, TS, fluxes, covariance, the range of energies.
    /// Sources that the saved model does not have are deleted; those that it has more, or elsewhere, come from the XML beside it, and their maps are
    /// made. Spectra of another type than the present ones, and tables that were made here, come from the XML, too. Nothing changes on an error.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged, the present model has another spectrum for one of its sources, or the map of one that is new
    /// cannot be made.
    pub fn load_roi(&mut self, prefix: impl AsRef<Path>) -> Result<()> {
        let path = with_ending(&stem(prefix.as_ref()), ".json");
        let saved = read_saved(&path)?;
        let (then, range) = (saved.loglike, saved.energy_range);
        let now = self.take_saved(&path, saved, Some(range))?;
        if now != then {
            let name = path.display();
            tracing::warn!("{name}: logL was {then} when saved and is {now} now; are the data the same?");
        }
        Ok(())
    }

    /// Takes up the model of an analysis that [`Analysis::write_roi`] saved, on data that may be others: as [`Analysis::load_roi`], but the range of energies stays
    /// that of this analysis, and nothing is wrong with another `logL`. Where it is another, what was saved of measurements (TS, profiles, limits, covariance) is
    /// left behind, and what follows from the model alone is computed anew; parameters keep their errors. Returns whether it is the same to the last bit.
    ///
    /// # Errors
    /// As [`Analysis::load_roi`]; when predicted counts or a flux cannot be evaluated.
    pub fn carry_over(&mut self, prefix: impl AsRef<Path>) -> Result<bool> {
        let path = with_ending(&stem(prefix.as_ref()), ".json");
        let saved = read_saved(&path)?;
        let (then, before) = (saved.loglike, self.checkpoint());
        let is_same = self.take_saved(&path, saved, None)? == then;
        if !is_same {
            self.known = Known::default();
            if let Err(error) = self.describe_anew() {
                self.restore(before);
                return Err(error);
            }
        }
        Ok(is_same)
    }

    /// Replaces the model by a saved one and returns its `logL` here; with a range, only the energies within it count from now on.
    fn take_saved(&mut self, path: &Path, saved: SavedRoi, range: Option<(f64, f64)>) -> Result<f64> {
        let new = self.saved_beside(path, &saved)?;
        let spectra = self.spectra_beside(path, &saved)?;
        let mut data = self.data_with(path, &new)?;
        if let Some((emin, emax)) = range {
            data = data.with_all_energies().within_energies(emin, emax)?;
        }
        let mut sources = Vec::with_capacity(saved.sources.len());
        let mut properties = BTreeMap::new();
        for (name, stored) in saved.sources {
            sources.push(self.restored_source(path, (&new, &spectra), (&name, &stored))?);
            properties.insert(name, stored.properties);
        }
        let mut roi = Roi::new(self.session.roi.center(), sources)?;
        roi.set_title(saved.title);
        let present = std::mem::replace(&mut self.session.roi, roi);
        let data = std::mem::replace(&mut self.session.data, data);
        let loglike = match self.loglike() {
            Ok(loglike) => loglike,
            Err(error) => {
                (self.session.roi, self.session.data) = (present, data);
                return Err(error);
            }
        };
        for source in &new {
            self.is_made_here(source.name());
        }
        self.keep_tables_beside(path, &spectra);
        self.known = Known::new(properties, saved.covariance);
        self.edits.locked = saved.locked.into_iter().collect();
        self.edits.zeroed = saved.zeroed;
        Ok(loglike)
    }

    /// The sources that a saved analysis has more than this one, or elsewhere, from the XML that was saved beside it.
    fn saved_beside(&self, path: &Path, saved: &SavedRoi) -> Result<Vec<Source>> {
        let is_present = |(name, stored): &(&String, &SavedSource)| {
            self.session.roi.sources().iter().any(|source| source.name() == *name && stored.is_placed_as(source))
        };
        let new: Vec<&String> = saved.sources.iter().filter(|s| !is_present(s)).map(|(name, _)| name).collect();
        let Some(first) = new.first() else { return Ok(Vec::new()) };
        if self.opened.config.is_none() {
            let reason = format!(
                "it has source '{first}', which the model has not, or elsewhere; add it first, with its source maps"
            );
            return Err(bad(path, reason));
        }
        let is_new = |source: &Source| new.iter().any(|name| *name == source.name());
        Ok(self.sources_beside(path)?.into_iter().filter(is_new).collect())
    }

    /// The sources that are present with a spectrum of another type, or with a table that was made here, as the XML has them that was saved beside it.
    fn spectra_beside(&self, path: &Path, saved: &SavedRoi) -> Result<Vec<Source>> {
        let differs = |source: &Source| {
            let is_own = source.spectrum().file().is_some_and(|file| self.edits.own_tables.contains(file));
            saved.sources.get(source.name()).is_some_and(|stored| is_own || !has_spectrum(source.spectrum(), stored))
        };
        let names: Vec<&str> =
            self.session.roi.sources().iter().filter(|source| differs(source)).map(Source::name).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let sources = self.sources_beside(path).map_err(|error| {
            let other = self.session.roi.sources().iter().find_map(|source| {
                let stored = saved.sources.get(source.name())?;
                (!has_spectrum(source.spectrum(), stored))
                    .then(|| (source.name(), difference(stored, source.spectrum())))
            });
            match other {
                Some((name, what)) => {
                    let reason =
                        format!("source '{name}' {what}, and the model saved beside it cannot be read: {error}");
                    bad(path, reason)
                }
                None => error,
            }
        })?;
        Ok(sources.into_iter().filter(|source| names.contains(&source.name())).collect())
    }

    /// All sources of the XML that was saved beside an analysis.
    fn sources_beside(&self, path: &Path) -> Result<Vec<Source>> {
        let component = self.session.data.components().first();
        let component = component.ok_or(likelihood_core::Error::NoComponents)?;
        let xml = with_ending(&path.with_extension(""), &format!("_{}.xml", component.name()));
        match &self.opened.config {
            Some(config) => Ok(lat_dataset::read_model_file(config, &xml)?.1),
            None => Ok(read_library(&xml)?.sources),
        }
    }

    /// The present source of this name, or the new one, with the saved parameters.
    fn restored_source(
        &self,
        path: &Path,
        (new, spectra): (&[Source], &[Source]),
        (name, stored): (&str, &SavedSource),
    ) -> Result<Source> {
        let Some(present) = new.iter().chain(self.session.roi.sources()).find(|source| source.name() == name) else {
            let reason = format!("it has source '{name}', which neither the model nor the XML saved beside it has");
            return Err(bad(path, reason));
        };
        let mut source = present.clone();
        if let Some(replaced) = self.present(&source) {
            source.take_over(replaced);
        }
        if let Some(saved) = spectra.iter().find(|source| source.name() == name) {
            source = source.with_spectrum(saved.spectrum().clone());
        }
        let spectrum = source.spectrum_mut();
        if !has_spectrum(spectrum, stored) {
            let what = difference(stored, spectrum);
            let reason = format!("source '{name}' {what}; open the configuration that the analysis was saved from");
            return Err(bad(path, reason));
        }
        for (parameter, saved) in spectrum.parameters_mut().iter_mut().zip(&stored.parameters) {
            saved.apply(parameter)?;
        }
        // What no attribute says has none in the XML either.
        if let Some(apply) = stored.apply_edisp.filter(|apply| *apply != source.apply_edisp()) {
            source.set_apply_edisp(apply);
        }
        for alias in &stored.aliases {
            if !source.aliases().contains(alias) {
                source.add_alias(alias.clone());
            }
        }
        Ok(source)
    }

    /// The totals of the region, with fermipy's keys. Without a weights map the weighted counts are the counts.
    fn totals(&self, loglike: f64) -> Result<Value> {
        let mut components = Vec::new();
        for component in self.session.data.components() {
            let bins = component.bins();
            let mut model_counts = vec![0.0; bins.len()];
            let mut model_counts_wt = model_counts.clone();
            for source in self.session.roi.sources() {
                let (own, weighted) = (component.npred(source)?, component.weighted_npred(source)?);
                model_counts.iter_mut().zip(&own[bins.clone()]).for_each(|(sum, n)| *sum += n);
                model_counts_wt.iter_mut().zip(&weighted[bins.clone()]).for_each(|(sum, n)| *sum += n);
            }
            let energies = edges_of(component);
            let centers = energies.windows(2).map(|pair| (pair[0] * pair[1]).sqrt());
            components.push(json!({
                "name": component.name(),
                "counts": component.counts_spectrum()[bins.clone()],
                "model_counts": model_counts,
                "npred": model_counts.iter().sum::<f64>(),
                "counts_wt": component.weighted_counts_spectrum()[bins],
                "model_counts_wt": model_counts_wt,
                "npred_wt": model_counts_wt.iter().sum::<f64>(),
                "energies": centers.clone().collect::<Vec<_>>(),
                "log_energies": centers.map(f64::log10).collect::<Vec<_>>(),
                "energy_edges": energies,
            }));
        }
        let total = |key: &str| -> f64 { components.iter().filter_map(|c| c[key].as_f64()).sum() };
        let (npred, npred_wt) = (total("npred"), total("npred_wt"));
        let (emin, emax) = self.energy_range();
        Ok(json!({
            "loglike": loglike,
            "npred": npred,
            "npred_wt": npred_wt,
            "counts": self.session.data.total_counts(),
            "loge_bounds": [emin.log10(), emax.log10()],
            "components": components,
        }))
    }

    /// What is known of a source, with fermipy's keys.
    fn dictionary(&self, source: &Source) -> Value {
        let mut dictionary = self.known.of(source.name()).cloned().unwrap_or_default().to_json();
        if let Some(map) = dictionary.as_object_mut() {
            map.insert("name".into(), source.name().into());
            map.insert("names".into(), json!(source.aliases()));
            map.insert("SpectrumType".into(), source.spectrum().type_name().into());
            map.insert("SpatialType".into(), source.spatial().type_name().into());
            map.insert("SourceType".into(), source.source_type().as_str().into());
            for key in ["ra", "dec", "glon", "glat", "offset"] {
                map.insert(key.into(), json!(self.source_datum(source, key)));
            }
        }
        dictionary
    }

    /// Names of the locked parameters of each source.
    fn locks(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut locks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (source, parameter) in self.locked_parameters() {
            locks.entry(source).or_default().push(parameter);
        }
        locks
    }
}

/// What a file of a saved analysis holds, seen to be whole.
fn read_saved(path: &Path) -> Result<SavedRoi> {
    let text = read_text(path)?;
    if let Some(kind) = FileKind::of(text.as_bytes()).filter(|kind| *kind != FileKind::SavedAnalysis) {
        return Err(bad(path, format!("this is {kind}, {NO_MODEL}: {}", kind.place())));
    }
    let damaged = |error: serde_json::Error| {
        bad(path, format!("not a saved analysis: {error}; name the prefix given to write_roi"))
    };
    let SavedFile { state: Version { format } } = serde_json::from_str(&text).map_err(damaged)?;
    if format != FORMAT {
        let reason = format!("format {format} of a saved analysis; this program reads format {FORMAT}, save again");
        return Err(bad(path, reason));
    }
    let SavedFile { state: saved } = serde_json::from_str::<SavedFile<SavedRoi>>(&text).map_err(damaged)?;
    let is_whole = |c: &Covariance| c.matrix.nrows() == c.parameters.len();
    if !saved.covariance.as_ref().is_none_or(is_whole) {
        let reason = "its covariance does not have a row for each parameter; the file is damaged, save again";
        return Err(bad(path, reason.to_owned()));
    }
    Ok(saved)
}

/// In what a saved spectrum differs from the present one.
fn difference(saved: &SavedSource, present: &Spectrum) -> String {
    if saved.spectrum_type != present.type_name() {
        return format!("has spectrum {}, the model has {}", saved.spectrum_type, present.type_name());
    }
    if !is_same_file(saved.spectrum_file.as_deref(), present.file()) {
        let named = |file: Option<&str>| file.map_or_else(|| "no file".to_owned(), |file| format!("the file '{file}'"));
        return format!(
            "has its spectrum from {}, the model from {}",
            named(saved.spectrum_file.as_deref()),
            named(present.file())
        );
    }
    let list = |names: Vec<&str>| names.join(", ");
    format!(
        "has the parameters {}, the model {}",
        list(saved.parameters.iter().map(|parameter| parameter.name.as_str()).collect()),
        list(present.parameters().iter().map(Parameter::name).collect())
    )
}

/// Whether a spectrum is of the type, the table and the parameters of a saved one.
fn has_spectrum(spectrum: &Spectrum, stored: &SavedSource) -> bool {
    spectrum.type_name() == stored.spectrum_type
        && is_same_file(spectrum.file(), stored.spectrum_file.as_deref())
        && spectrum.parameters().iter().map(Parameter::name).eq(stored.parameters.iter().map(|p| p.name.as_str()))
}

/// Whether two tables are the same file: a region may have moved to another folder since.
fn is_same_file(one: Option<&str>, other: Option<&str>) -> bool {
    let name = |file: &str| Path::new(file).file_name().map(std::ffi::OsStr::to_owned);
    match (one, other) {
        (Some(one), Some(other)) => one == other || name(one).is_some_and(|one| Some(one) == name(other)),
        (one, other) => one == other,
    }
}

fn bad(path: &Path, reason: String) -> Error {
    Error::State { path: path.to_owned(), reason }
}

/// The files that [`Analysis::write_roi`] writes for a prefix, when components have these names: the JSON, the tables, and one XML a component.
pub fn state_files(prefix: &Path, components: &[String]) -> Vec<PathBuf> {
    let prefix = stem(prefix);
    let xml = components.iter().map(|name| with_ending(&prefix, &format!("_{name}.xml")));
    [with_ending(&prefix, ".json"), with_ending(&prefix, ".fits")].into_iter().chain(xml).collect()
}

fn stem(prefix: &Path) -> PathBuf {
    let known = ["fits", "json", "npy", "xml", "yaml"];
    let is_known = prefix.extension().is_some_and(|ending| known.iter().any(|known| ending == *known));
    if is_known { prefix.with_extension("") } else { prefix.to_owned() }
}

fn with_ending(prefix: &Path, ending: &str) -> PathBuf {
    let mut name = prefix.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    prefix.with_file_name(name)
}
