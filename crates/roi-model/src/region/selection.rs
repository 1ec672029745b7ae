//! Which sources and which parameters to free, fix, show or delete.

use std::str::FromStr;

use super::roi::Roi;
use crate::error::{Error, Result};
use crate::sky::{Frame, SkyDirection};
use crate::source::Source;
use crate::spectrum::Spectrum;

/// Smallest and largest value, both included; `None` is an open end.
pub type SelectionRange = (Option<f64>, Option<f64>);

/// A choice of sources: all conditions must hold.
///
/// ```
/// use roi_model::Selection;
///
/// let bright_and_near = Selection::within(3.0).min_ts(25.0).exclude("isodiff");
/// assert_eq!(bright_and_near.distance, Some(3.0));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Selection {
    /// Largest distance from [`skydir`](Self::skydir) in degrees, itself excluded. Diffuse backgrounds pass at any distance, and
    /// so do sources without a known position (maps, see [`Source::set_center`]).
    pub distance: Option<f64>,
    /// From where the distance counts; the centre of the ROI when `None`.
    pub skydir: Option<SkyDirection>,
    /// Whether the distance is half the side of a square instead of the radius of a circle.
    pub square: bool,
    /// The frame whose axes the square follows.
    pub frame: Frame,
    /// Smallest and largest TS, both included; a source without TS (NaN) fails any bound.
    pub minmax_ts: SelectionRange,
    /// Smallest and largest number of predicted counts, both included; NaN fails any bound.
    pub minmax_npred: SelectionRange,
    /// Smallest and largest value, both included, of further quantities by name; a source without that quantity fails.
    pub cuts: Vec<(String, SelectionRange)>,
    /// Exact names of sources to leave out.
    pub exclude: Vec<String>,
}

impl Selection {
    /// Every source.
    pub fn all() -> Self {
        Self::default()
    }

    /// Sources less than this many degrees from the centre of the ROI, and the diffuse backgrounds.
    pub fn within(distance: f64) -> Self {
        Self { distance: Some(distance), ..Self::default() }
    }

    /// Less than this many degrees away, as [`Selection::within`].
    #[must_use]
    pub fn with_distance(mut self, distance: f64) -> Self {
        self.distance = Some(distance);
        self
    }

    /// Measures the distance from this direction instead of the centre of the ROI.
    #[must_use]
    pub fn around(mut self, skydir: SkyDirection) -> Self {
        self.skydir = Some(skydir);
        self
    }

    /// Takes a square along the axes of `frame`, with the distance as half its side.
    #[must_use]
    pub fn square(mut self, frame: Frame) -> Self {
        (self.square, self.frame) = (true, frame);
        self
    }

    /// At least this TS.
    #[must_use]
    pub fn min_ts(mut self, ts: f64) -> Self {
        self.minmax_ts.0 = Some(ts);
        self
    }

    /// At most this TS.
    #[must_use]
    pub fn max_ts(mut self, ts: f64) -> Self {
        self.minmax_ts.1 = Some(ts);
        self
    }

    /// At least this many predicted counts.
    #[must_use]
    pub fn min_npred(mut self, npred: f64) -> Self {
        self.minmax_npred.0 = Some(npred);
        self
    }

    /// At most this many predicted counts.
    #[must_use]
    pub fn max_npred(mut self, npred: f64) -> Self {
        self.minmax_npred.1 = Some(npred);
        self
    }

    /// Between these values (both included; `None` for an open end) of a named quantity, such as `flux` or `offset`.
    #[must_use]
    pub fn cut(mut self, key: impl Into<String>, min: Option<f64>, max: Option<f64>) -> Self {
        self.cuts.push((key.into(), (min, max)));
        self
    }

    /// Leaves out the source of exactly this name.
    #[must_use]
    pub fn exclude(mut self, name: impl Into<String>) -> Self {
        self.exclude.push(name.into());
        self
    }

    /// Whether a source of `roi` passes everything but the [`cuts`](Self::cuts), with this TS and this many predicted
    /// counts (NaN when unknown).
    pub fn matches(&self, roi: &Roi, source: &Source, ts: f64, npred: f64) -> bool {
        inside(ts, self.minmax_ts)
            && inside(npred, self.minmax_npred)
            && !self.exclude.iter().any(|name| name == source.name())
            && self.near(roi, source)
    }

    /// Whether a source passes [`cuts`](Self::cuts); `quantity` looks up its quantities by name.
    pub fn passes_cuts(&self, quantity: impl Fn(&str) -> Option<f64>) -> bool {
        self.cuts.iter().all(|(key, range)| quantity(key).is_some_and(|value| inside(value, *range)))
    }

    fn near(&self, roi: &Roi, source: &Source) -> bool {
        let Some(distance) = self.distance else { return true };
        let position = source.direction().filter(|_| !source.spatial().is_diffuse_background());
        let Some(direction) = position else { return true };
        let center = self.skydir.unwrap_or(roi.center());
        if self.square {
            let (x, y) = center.aitoff_offset(&direction, self.frame);
            x.abs().max(y.abs()) < distance
        } else {
            center.separation(&direction) < distance
        }
    }
}

/// Whether `x` lies in the closed interval; NaN does only when both ends are open.
fn inside(x: f64, (min, max): (Option<f64>, Option<f64>)) -> bool {
    min.is_none_or(|min| x >= min) && max.is_none_or(|max| x <= max)
}

/// A choice of parameters of a spectrum.
///
/// ```
/// use roi_model::Pars;
///
/// assert_eq!("shape".parse::<Pars>()?, Pars::Shape);
/// assert_eq!("alpha, beta".parse::<Pars>()?, Pars::Names(vec!["alpha".into(), "beta".into()]));
/// # Ok::<(), roi_model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pars {
    /// Norm and shape.
    All,
    /// The normalisation.
    Norm,
    /// The parameters that fermipy frees as shape: indices, curvature, cutoff; no pivot energies and limits.
    Shape,
    /// Parameters by name; names that a spectrum does not have are ignored.
    Names(Vec<String>),
}

impl Pars {
    /// The positions of the chosen parameters in the spectrum, increasing.
    pub fn indices(&self, spectrum: &Spectrum) -> Vec<usize> {
        let mut indices: Vec<usize> = match self {
            Self::All => spectrum.norm_index().into_iter().chain(spectrum.shape_indices()).collect(),
            Self::Norm => spectrum.norm_index().into_iter().collect(),
            Self::Shape => spectrum.shape_indices(),
            Self::Names(names) => names.iter().filter_map(|name| spectrum.index_of(name)).collect(),
        };
        indices.sort_unstable();
        indices.dedup();
        indices
    }
}

impl FromStr for Pars {
    type Err = Error;

    /// `all`, `norm`, `shape`, or names separated by commas.
    fn from_str(text: &str) -> Result<Self> {
        match text.trim() {
            "all" => Ok(Self::All),
            "norm" => Ok(Self::Norm),
            "shape" => Ok(Self::Shape),
            list => {
                let names: Vec<String> = list.split(',').map(|name| name.trim().to_owned()).collect();
                if names.iter().any(String::is_empty) {
                    return Err(Error::InvalidPars { text: text.to_owned() });
                }
                Ok(Self::Names(names))
            }
        }
    }
}
