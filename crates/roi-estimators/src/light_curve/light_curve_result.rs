//! The light curve: all bins, and what they tell together.

use roi_fit::SourceProperties;

use crate::light_curve::bin::time_bin::{BinStatus, TimeBin};
use crate::light_curve::light_curve_options::LightCurveOptions;
use crate::light_curve::series::bayesian_blocks::{Block, blocks_of};
use crate::light_curve::series::variability::{Variability, variability};

/// The flux of a source in time bins.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LightCurve {
    /// The source.
    pub name: String,
    /// The bins, in order of time.
    pub bins: Vec<TimeBin>,
    /// What is known of the source at the whole time: the model that bins are compared with.
    pub whole: SourceProperties,
    /// The type of its spectrum.
    pub spectrum_type: String,
    /// The test of a constant flux.
    pub variability: Variability,
    /// Stretches of constant flux.
    pub blocks: Vec<Block>,
    /// What else there is to know.
    pub warnings: Vec<String>,
    /// The options.
    pub config: LightCurveOptions,
}

impl LightCurve {
    /// From all bins.
    pub(crate) fn new(
        (name, spectrum_type): (String, String),
        whole: SourceProperties,
        bins: Vec<TimeBin>,
        config: LightCurveOptions,
    ) -> Self {
        let variability = variability(&bins, config.systematic);
        let flux_const = whole.number("flux").filter(|flux| flux.is_finite());
        let blocks = blocks_of(&bins, flux_const, config.blocks_p0);
        let mut warnings: Vec<String> = Vec::new();
        let count = |status: BinStatus| bins.iter().filter(|bin| bin.status == status).count();
        for (status, words) in
            [(BinStatus::Failed, "could not be fitted; `message` says why"), (BinStatus::NotDone, "are not done")]
        {
            match count(status) {
                0 => {}
                number => warnings.push(format!("{number} of {} bins {words}", bins.len())),
            }
        }
        for (index, why) in &variability.excluded {
            warnings.push(format!("bin {index} is left out of ts_var: {why}"));
        }
        Self { name, bins, whole, spectrum_type, variability, blocks, warnings, config }
    }

    /// Whether every bin had its turn.
    pub fn is_complete(&self) -> bool {
        self.bins.iter().all(|bin| bin.status != BinStatus::NotDone)
    }

    /// Whether bins with data were fitted, at least one of them.
    pub fn fit_success(&self) -> bool {
        let has_failed = self.bins.iter().any(|bin| bin.status == BinStatus::Failed);
        !has_failed || self.bins.iter().any(TimeBin::fit_success)
    }

    /// The flux of the whole time, cm^-2 s^-1, that bins are compared with; `None` where it cannot be computed.
    pub fn flux_const(&self) -> Option<f64> {
        self.whole.number("flux").filter(|flux| flux.is_finite())
    }
}
