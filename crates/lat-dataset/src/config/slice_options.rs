//! How the source maps of a bin of time are made.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::definition::{Definition, OutOfRange, Range};

/// Where the source maps of a bin of time come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SliceMaps {
    /// Scaled where the PSF of the bin differs from that of the whole time by no more than the tolerance, exact elsewhere.
    #[default]
    Automatic,
    /// Made anew from exposure and PSF of the bin, as the maps of the whole time are made.
    Exact,
    /// The maps of the whole time, each plane times the ratio of the exposures: at the place of a point, disk or Gaussian, pixel by pixel for others.
    Scaled,
}

impl SliceMaps {
    /// The name, as options have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Exact => "exact",
            Self::Scaled => "scaled",
        }
    }
}

impl fmt::Display for SliceMaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// ```
/// use lat_dataset::SliceMaps;
/// assert_eq!("exact".parse(), Ok(SliceMaps::Exact));
/// assert!("fast".parse::<SliceMaps>().is_err());
/// ```
impl FromStr for SliceMaps {
    type Err = OutOfRange;

    fn from_str(text: &str) -> Result<Self, OutOfRange> {
        let known = [Self::Automatic, Self::Exact, Self::Scaled];
        known.into_iter().find(|choice| choice.as_str().eq_ignore_ascii_case(text)).ok_or_else(|| OutOfRange {
            option: SliceOptions::SOURCE_MAPS.name,
            found: text.to_owned(),
            expected: "automatic, exact or scaled",
        })
    }
}

/// How the data of bins of time are made.
///
/// ```
/// use lat_dataset::{SliceMaps, SliceOptions};
/// let options = SliceOptions::default().with_source_maps(SliceMaps::Scaled).with_psf_tolerance(0.05);
/// assert_eq!((options.source_maps, options.psf_tolerance), (SliceMaps::Scaled, 0.05));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SliceOptions {
    /// [`SliceOptions::SOURCE_MAPS`].
    pub source_maps: SliceMaps,
    /// [`SliceOptions::PSF_TOLERANCE`].
    pub psf_tolerance: f64,
}

impl SliceOptions {
    /// Where source maps come from.
    pub const SOURCE_MAPS: Definition<&'static str> = Definition::new(
        "source_maps",
        "automatic",
        "Source maps of a time bin: `exact`, made anew from its exposure and PSF; `scaled`, those of the whole time times the ratio of the exposures; `automatic`, scaled where the PSF allows it.",
    );
    /// Up to which difference of the PSFs maps are scaled.
    pub const PSF_TOLERANCE: Definition<f64> = Definition::new(
        "psf_tolerance",
        0.01,
        "Largest part of a source's photons that the PSF of a time bin may put into other pixels than that of the whole time does, about, for its map to be scaled.",
    )
    .within(Range::FRACTION);

    /// Sets where source maps come from.
    #[must_use]
    pub fn with_source_maps(mut self, source_maps: SliceMaps) -> Self {
        self.source_maps = source_maps;
        self
    }

    /// Sets up to which difference of the PSFs maps are scaled, 0 to 1.
    #[must_use]
    pub fn with_psf_tolerance(mut self, psf_tolerance: f64) -> Self {
        self.psf_tolerance = psf_tolerance;
        self
    }
}

impl Default for SliceOptions {
    fn default() -> Self {
        Self { source_maps: SliceMaps::default(), psf_tolerance: Self::PSF_TOLERANCE.default }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_one_of_the_definition() {
        assert_eq!(SliceOptions::SOURCE_MAPS.default.parse(), Ok(SliceOptions::default().source_maps));
        assert!(SliceOptions::PSF_TOLERANCE.check(&1.5).is_err());
    }
}
