//! The probability of each source for each photon (gtsrcprob), as columns of a copy of the photon file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lat_dataset::Component;
use lat_events::{EnergyBinning, PhotonFiles, Selection, pixel_of};
use lat_io::Photon;
use likelihood_core::ComponentData;
use serde::Serialize;

use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::known::memory::{self, size_in_words};

/// What [`Analysis::source_probabilities`] takes and gives.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ProbabilityOptions {
    /// The file to write; with several components, `_NAME` is added before the ending. `ft1_srcprob_NAME.fits` in the output directory without it.
    pub out: Option<PathBuf>,
}

impl ProbabilityOptions {
    /// Sets [`out`](Self::out).
    #[must_use]
    pub fn with_out(mut self, out: Option<PathBuf>) -> Self {
        self.out = out;
        self
    }
}

/// The photons of a component and what their probabilities add up to.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SourceProbabilities {
    /// The component.
    pub component: String,
    /// The file that was written.
    pub path: PathBuf,
    /// Number of photons in it.
    pub photons: usize,
    /// Number of photons within the energies and pixels of the counts cube, where the model predicts counts. The others have no probabilities: NaN.
    pub inside: usize,
    /// For each source the sum of its probabilities: at the maximum of the likelihood that of a source whose norm is free is its predicted
    /// counts.
    pub sums: BTreeMap<String, f64>,
}

impl Analysis {
    /// Writes, for each component, a copy of the photons that were selected (`ft1_00.fits`) with a column a source, named after it: the
    /// probability that the photon came from it by the model as it stands.
    ///
    /// It is `m_s / sum_t m_t`, `m_s` the counts that the likelihood predicts of source `s` in the energy bin and pixel of the photon, energy
    /// dispersion included. gtsrcprob takes the densities at the photon's own energy and direction, without dispersion; where a bin is narrow beside
    /// PSF and spectrum both come to the same. With the likelihood's own bins the probabilities of a source with a free norm sum to its predicted
    /// counts at the maximum. Memory: 4 bytes for each source and filled bin.
    ///
    /// # Errors
    /// For an analysis that was not opened from a configuration, one without a file of selected photons, and files that cannot be read or written.
    pub fn source_probabilities(&self, options: &ProbabilityOptions) -> Result<Vec<SourceProbabilities>> {
        let config = self.opened.config.as_ref().ok_or(Error::NoFiles { what: "a table of photons" })?;
        let loaded = lat_dataset::load(&config.path)?;
        let several = loaded.observation.components.len() > 1;
        let events = lat_dataset::event_files(&config.path)?;
        let mut written = Vec::new();
        for (component, data) in loaded.observation.components.iter().zip(self.session.data.components()) {
            self.check_memory(component, data)?;
            let photons = lat_dataset::selected_photons(config, &component.name)?;
            let path = match &options.out {
                Some(out) if several => lat_dataset::component_path(out, &component.name),
                Some(out) => out.clone(),
                None => config.outdir.join(format!("ft1_srcprob_{}.fits", component.name)),
            };
            // However its path is spelled, and through links.
            let place = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
            if place(&path) == place(&photons) || events.iter().any(|file| place(&file.path) == place(&path)) {
                return Err(Error::Option {
                    option: "out",
                    found: path.display().to_string(),
                    expected: "another file than those of the events, which it would replace",
                });
            }
            written.push(self.write_probabilities(component, data, [photons, path])?);
        }
        Ok(written)
    }

    /// That the probabilities at the filled bins fit below the limit, beside what the analysis holds and the counts that were opened again.
    fn check_memory(&self, component: &Component, data: &ComponentData) -> Result<()> {
        let Some(limit) = self.opened.max_memory else { return Ok(()) };
        let held = self.session.footprint().total() as u64 + memory::of_files(component);
        let own = probability_bytes(self.session.roi.sources().len(), data.n_filled());
        let needed = held + own;
        if needed <= limit {
            return Ok(());
        }
        let parts = format!("the analysis {}, probabilities {}", size_in_words(held), size_in_words(own));
        Err(Error::Memory { needed, limit, parts })
    }

    fn write_probabilities(
        &self,
        component: &Component,
        data: &ComponentData,
        [photons, path]: [PathBuf; 2],
    ) -> Result<SourceProbabilities> {
        let names: Vec<&str> = self.session.roi.sources().iter().map(roi_model::Source::name).collect();
        let (of_bins, is_predicted) = self.of_filled_bins(data)?;
        let energies = EnergyBinning::counted(component.counts.cube.axis())?;
        let grid = &component.counts.grid;
        let files = PhotonFiles::open(&[&photons])?;
        let (mut rows, mut inside) = (0, 0);
        let mut sums = vec![0.0; names.len()];
        let stop = self.progress.stop_signal();
        Selection::all(&files).write_with_columns(&path, &names, |photon: &Photon, values: &mut [f32]| {
            // What was begun is no file yet.
            if stop.is_up() {
                return Err(likelihood_core::Error::Stopped.into());
            }
            rows += 1;
            let place = energies.bin(photon.energy).zip(pixel_of(grid, photon));
            let filled = place.and_then(|(bin, pixel)| data.filled_bin(bin, pixel));
            match filled.filter(|filled| is_predicted.get(*filled).copied().unwrap_or(false)) {
                Some(filled) => {
                    inside += 1;
                    for ((value, sum), of_source) in values.iter_mut().zip(&mut sums).zip(&of_bins) {
                        *value = of_source.get(filled).copied().unwrap_or(f32::NAN);
                        *sum += f64::from(*value);
                    }
                }
                None => values.fill(f32::NAN),
            }
            Ok::<(), Error>(())
        })?;
        let sums = names.iter().map(|name| (*name).to_owned()).zip(sums).collect();
        Ok(SourceProbabilities { component: component.name.clone(), path, photons: rows, inside, sums })
    }

    /// The probabilities of each source at the filled bins, and whether the model predicts anything there.
    fn of_filled_bins(&self, data: &ComponentData) -> Result<(Vec<Vec<f32>>, Vec<bool>)> {
        let mut total = vec![0.0; data.n_filled()];
        for source in self.session.roi.sources() {
            total.iter_mut().zip(data.filled_model(source)?).for_each(|(sum, counts)| *sum += counts);
        }
        let sources = self.session.roi.sources().iter();
        let of_bins = sources
            .map(|source| {
                let counts = data.filled_model(source)?;
                #[expect(clippy::cast_possible_truncation, reason = "the column holds 32-bit floats")]
                let part = |(counts, total): (f64, &f64)| (counts / total) as f32;
                Ok(counts.into_iter().zip(&total).map(part).collect())
            })
            .collect::<Result<_>>()?;
        Ok((of_bins, total.iter().map(|total| *total > 0.0).collect()))
    }
}

/// Bytes of the probabilities of so many sources at the filled bins of a component, and of the sums while they are made.
fn probability_bytes(sources: usize, filled: usize) -> u64 {
    (sources * filled * size_of::<f32>() + 2 * filled * size_of::<f64>()) as u64
}
