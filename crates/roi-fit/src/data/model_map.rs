//! Predicted counts in every pixel, as files, and the spectra of counts, model and residual.

use std::path::{Path, PathBuf};

use lat_dataset::Component;
use lat_io::CountsCubeFile;
use lat_response::SkyCube;
use likelihood_core::{ComponentData, CountsCube, EnergyAxis};
use ndarray::{Array2, Array3, Axis};
use roi_model::Source;
use serde::Serialize;

use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::session::edges_of;

/// What a model map is of.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ModelMapOptions {
    /// The file; with several components, `_NAME` is added before the ending. Without it only the spectra are computed.
    pub out: Option<PathBuf>,
    /// The sources whose counts are added, by name or alias; all when empty.
    pub sources: Vec<String>,
    /// Write counts minus model, as a sky map, instead of the model, as a counts cube.
    pub residual: bool,
}

impl ModelMapOptions {
    /// Sets [`out`](Self::out).
    #[must_use]
    pub fn with_out(mut self, out: Option<PathBuf>) -> Self {
        self.out = out;
        self
    }

    /// Sets [`sources`](Self::sources).
    #[must_use]
    pub fn with_sources(mut self, sources: Vec<String>) -> Self {
        self.sources = sources;
        self
    }

    /// Sets [`residual`](Self::residual).
    #[must_use]
    pub fn with_residual(mut self, residual: bool) -> Self {
        self.residual = residual;
        self
    }
}

/// Counts, model and residual of one component, per energy bin.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ComponentSpectrum {
    /// The component.
    pub component: String,
    /// The file that was written.
    pub path: Option<PathBuf>,
    /// Energy edges, MeV.
    pub energies: Vec<f64>,
    /// Observed counts.
    pub counts: Vec<f64>,
    /// Predicted counts of the chosen sources.
    pub model: Vec<f64>,
    /// `counts - model`.
    pub residual: Vec<f64>,
    /// `(counts - model) / sqrt(model)`; `None` where the model is not positive.
    pub significance: Vec<Option<f64>>,
}

impl Analysis {
    /// The sources of these names in the model's order, or all of them when none is named.
    pub(crate) fn all_or_named(&self, names: &[String]) -> Result<Vec<&Source>> {
        if names.is_empty() {
            return Ok(self.session.roi.sources().iter().collect());
        }
        let named = names.iter().map(|name| self.session.roi.id_of(name));
        let mut chosen = named.collect::<std::result::Result<Vec<_>, _>>()?;
        // Who names a source twice does not want it twice.
        chosen.sort_unstable();
        chosen.dedup();
        Ok(chosen.into_iter().map(|id| &self.session.roi[id]).collect())
    }

    /// Sums the predicted counts of sources over every pixel of each component, energy dispersion included, and writes them.
    ///
    /// The model is that of the analysis; the source maps are read again (or made again), as a fit keeps only the filled bins of them.
    ///
    /// The limit of memory that the analysis was opened with holds here too.
    ///
    /// # Errors
    /// For an analysis that was not opened from a configuration, an unknown source, or files that cannot be read or written;
    /// [`Error::Memory`] when maps cannot be made below the limit.
    pub fn model_map(&self, options: &ModelMapOptions) -> Result<Vec<ComponentSpectrum>> {
        let config = self.opened.config.as_ref().ok_or(Error::NoFiles { what: "a model map" })?;
        let chosen = self.all_or_named(&options.sources)?;
        let loaded = lat_dataset::load(&config.path)?;
        let several = loaded.observation.components.len() > 1;
        let mut spectra = Vec::new();
        for (index, (component, likelihood)) in
            loaded.observation.components.iter().zip(self.session.data.components()).enumerate()
        {
            let model = self.model_cube(&loaded, index, &chosen)?;
            let path = options.path(&component.name, several);
            let model = model.slice_axis_move(Axis(0), likelihood.bins().into());
            if let Some(path) = &path {
                write(path, &counted(&component.counts, likelihood)?, &model, options.residual)?;
            }
            let mut spectrum = ComponentSpectrum::new(likelihood, &model, path);
            if chosen.len() < self.session.roi.sources().len() {
                // The counts are of all sources: how far they lie above some of them is no significance.
                spectrum.significance.fill(None);
            }
            spectra.push(spectrum);
        }
        Ok(spectra)
    }
}

impl Analysis {
    /// The sources of the model, as a component has them, whose maps no file holds; those that were added are made anew, whatever lies there under their names.
    pub(crate) fn unmade(&self, component: &Component) -> Result<Vec<Source>> {
        let (added, others): (Vec<Source>, Vec<Source>) =
            self.session.roi.sources().iter().cloned().partition(|source| self.edits.added.contains(source.name()));
        Ok([component.unmade(&others)?, added].concat())
    }
}

impl ModelMapOptions {
    /// Where the file of a component goes, one of `several`.
    fn path(&self, component: &str, several: bool) -> Option<PathBuf> {
        let out = self.out.as_deref()?;
        Some(if several { lat_dataset::component_path(out, component) } else { out.to_owned() })
    }
}

impl ComponentSpectrum {
    fn new(data: &ComponentData, model: &Array3<f64>, path: Option<PathBuf>) -> Self {
        let model: Vec<f64> = model.outer_iter().map(|plane| plane.sum()).collect();
        let counts = data.counts_spectrum()[data.bins()].to_vec();
        let residual: Vec<f64> = counts.iter().zip(&model).map(|(n, m)| n - m).collect();
        let significance = residual.iter().zip(&model).map(|(r, m)| (*m > 0.0).then(|| r / m.sqrt())).collect();
        let (component, energies) = (data.name().to_owned(), edges_of(data).to_vec());
        Self { component, path, energies, counts, model, residual, significance }
    }
}

/// The counts in the range of energies that counts.
fn counted(counts: &CountsCubeFile, data: &ComponentData) -> Result<CountsCubeFile> {
    let bins = data.bins();
    if bins == (0..data.axis().n_bins()) {
        return Ok(counts.clone());
    }
    let planes = counts.cube.counts().slice_axis(Axis(0), bins.into()).to_owned();
    let cube = CountsCube::new(EnergyAxis::new(edges_of(data).to_vec())?, planes)?;
    Ok(CountsCubeFile { cube, grid: counts.grid.clone(), gti: counts.gti.clone() })
}

/// Writes the model, or what the counts are above it.
fn write(path: &Path, counts: &CountsCubeFile, model: &Array3<f64>, residual: bool) -> Result<()> {
    if residual { write_residual(path, counts, model) } else { write_model(path, counts, model) }
}

#[expect(clippy::cast_possible_truncation, reason = "cubes are single precision")]
fn write_model(path: &Path, counts: &CountsCubeFile, model: &Array3<f64>) -> Result<()> {
    // The ringing of a convolution can leave a pixel a rounding error below zero, which counts cannot be.
    let cube = CountsCube::new(counts.cube.axis().clone(), model.mapv(|m| m.max(0.0) as f32))?;
    Ok(lat_io::write_counts_cube(path, &CountsCubeFile { cube, grid: counts.grid.clone(), gti: counts.gti.clone() })?)
}

#[expect(clippy::cast_possible_truncation, reason = "cubes are single precision")]
fn write_residual(path: &Path, counts: &CountsCubeFile, model: &Array3<f64>) -> Result<()> {
    let planes: Vec<f32> = counts.cube.counts().iter().zip(model).map(|(&n, m)| (f64::from(n) - m) as f32).collect();
    let axis = counts.cube.axis();
    let shape = (axis.n_bins(), counts.grid.n_pixels());
    let planes = Array2::from_shape_vec(shape, planes).map_err(|error| lat_response::Error::Shape {
        what: "residual map".into(),
        found: error.to_string(),
        expected: format!("{shape:?}"),
    })?;
    let cube = SkyCube::new("residual counts", counts.grid.clone(), axis.centers(), planes)?;
    Ok(lat_io::write_map_of_bins(path, &cube, "count", counts.cube.axis())?)
}
