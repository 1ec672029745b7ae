//! Energy dispersion: events are measured in another energy bin than their true one.

pub(crate) mod jets;
pub(crate) mod rescaling;
pub(crate) mod response;

use std::collections::BTreeSet;

use ndarray::{ArrayView1, Axis};

use crate::data::energy::EnergyAxis;
use crate::error::{Error, Result};
use response::DetectorResponse;

/// How a component applies energy dispersion: fermipy's and the LAT tools' `edisp_bins`.
///
/// - *Window* (`edisp_bins` n > 0): every pixel's model is `M_ik = sum_{l=k-n}^{k+n} D[l][k] M_il`, `M_il` the counts of the true bin
///   `l`. Source maps need n more planes on either side. What migrates by more than n bins is lost.
/// - *Rescaling* (n < 0): source maps stay as they are, and each source's counts in a bin are multiplied by the ratio of its measured to
///   its true counts over the whole map. True counts beyond the range of the counts cube are extrapolated, |n| bins on either side.
///
/// A source of the model whose `apply_edisp` is false, or that is named in [`Dispersion::except`], keeps its true counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Dispersion {
    response: DetectorResponse,
    mode: DispersionMode,
    except: BTreeSet<String>,
    frozen: bool,
}

/// The two ways of [`Dispersion`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispersionMode {
    /// Pixel by pixel, over a window of true bins.
    Window,
    /// By the ratio of measured to true counts of the whole map.
    Rescaling,
}

impl Dispersion {
    /// The dispersion that `edisp_bins` stands for, `None` for 0. Of a response with more true bins than needed the inner ones are used.
    ///
    /// ```
    /// use likelihood_core::{DetectorResponse, Dispersion, DispersionMode};
    /// let response = DetectorResponse::new(ndarray::Array2::eye(3))?;
    /// assert_eq!(Dispersion::from_bins(&response, 0)?, None);
    /// let error = Dispersion::from_bins(&response, -1).unwrap_err();
    /// assert!(error.to_string().contains("1 true-energy bin"));
    /// # Ok::<(), likelihood_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::TooFewTrueBins`].
    pub fn from_bins(response: &DetectorResponse, edisp_bins: i64) -> Result<Option<Self>> {
        let mode = match edisp_bins {
            0 => return Ok(None),
            1.. => DispersionMode::Window,
            _ => DispersionMode::Rescaling,
        };
        let extra = usize::try_from(edisp_bins.unsigned_abs()).unwrap_or(usize::MAX);
        Ok(Some(Self { response: response.inner(extra)?, mode, except: BTreeSet::new(), frozen: false }))
    }

    /// Names the sources that it does not apply to (`gtlike.edisp_disable`).
    #[must_use]
    pub fn except(mut self, sources: impl IntoIterator<Item = String>) -> Self {
        self.except.extend(sources);
        self
    }

    /// In rescaling mode, takes derivatives as if the ratios of measured to true counts did not depend on the parameters.
    ///
    /// The LAT tools do so; the derivatives are then not those of the likelihood. It serves to compare with them.
    #[must_use]
    pub fn with_frozen_ratios(mut self) -> Self {
        self.frozen = true;
        self
    }

    /// What a window loses, at its worst: a measured bin, from 0, and the part of its events that come from true bins farther away than the window reaches,
    /// were there equally many events in every true bin of the response. `None` in rescaling, which has no window.
    ///
    /// ```
    /// use likelihood_core::{DetectorResponse, Dispersion};
    /// use ndarray::array;
    /// let response = array![[0.2, 0.0, 0.0], [0.6, 0.2, 0.0], [0.1, 0.6, 0.2], [0.1, 0.2, 0.5], [0.0, 0.0, 0.2]];
    /// let window = Dispersion::from_bins(&DetectorResponse::new(response)?, 1)?.unwrap();
    /// // A tenth of what the first bin measures comes from the bin after the next.
    /// let (bin, part) = window.largest_loss().unwrap();
    /// assert!(bin == 0 && (part - 0.1).abs() < 1e-12);
    /// # Ok::<(), likelihood_core::Error>(())
    /// ```
    pub fn largest_loss(&self) -> Option<(usize, f64)> {
        if self.mode == DispersionMode::Rescaling {
            return None;
        }
        let extra = self.n_extra();
        let lost = |(bin, column): (usize, ArrayView1<'_, f64>)| {
            let all = column.sum();
            // In rows of the response the window of a bin begins at the number of the bin.
            let kept: f64 = column.iter().skip(bin).take(2 * extra + 1).sum();
            (bin, if all > 0.0 { (all - kept) / all } else { 0.0 })
        };
        let parts = self.response.matrix().axis_iter(Axis(1)).enumerate().map(lost);
        parts.max_by(|(_, one), (_, other)| one.total_cmp(other))
    }

    /// Window or rescaling.
    pub fn mode(&self) -> DispersionMode {
        self.mode
    }

    /// How many true bins it takes into account on either side of the counts cube.
    pub fn n_extra(&self) -> usize {
        self.response.n_extra()
    }

    /// The response, with as many true bins as are used.
    pub fn response(&self) -> &DetectorResponse {
        &self.response
    }

    /// Whether derivatives take the ratios of rescaling for constants.
    pub(crate) fn has_frozen_ratios(&self) -> bool {
        self.frozen
    }

    /// Whether the source of this name is named as an exception.
    pub fn excepts(&self, source_name: &str) -> bool {
        self.except.contains(source_name)
    }

    /// Checks that the response was made for this axis.
    pub(crate) fn check(&self, axis: &EnergyAxis) -> Result<()> {
        if self.response.n_bins() == axis.n_bins() {
            return Ok(());
        }
        Err(Error::Shape {
            what: "detector response matrix".into(),
            expected: format!("{} measured bins, as the counts cube has", axis.n_bins()),
            found: format!("{} measured bins", self.response.n_bins()),
        })
    }
}
