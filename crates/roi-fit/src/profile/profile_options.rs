//! The options of a profile, each defined once.

use lat_dataset::{Definition, Range};
use serde::Serialize;

use crate::error::{Error, Result};

/// Options of [`Analysis::profile`](crate::Analysis::profile) and [`Analysis::profile_norm`](crate::Analysis::profile_norm).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProfileOptions {
    /// [`ProfileOptions::REOPTIMIZE`].
    pub reoptimize: bool,
    /// The points, the scale not applied; by default they are chosen so that `logL` falls by 2.7 to either side, where it can.
    pub xvals: Option<Vec<f64>>,
    /// [`ProfileOptions::NPTS`].
    pub npts: usize,
    /// [`ProfileOptions::FIX_SHAPE`].
    pub fix_shape: bool,
    /// Lowest and highest energy, log10 of MeV, moved to the nearest edges; by default those of the analysis. Predicted counts and fluxes are between them.
    pub loge_bounds: [Option<f64>; 2],
}

impl Default for ProfileOptions {
    fn default() -> Self {
        Self {
            reoptimize: Self::REOPTIMIZE.value(),
            xvals: None,
            npts: Self::NPTS.value(),
            fix_shape: Self::FIX_SHAPE.value(),
            loge_bounds: [None, None],
        }
    }
}

impl ProfileOptions {
    /// Sets [`reoptimize`](Self::reoptimize).
    #[must_use]
    pub fn with_reoptimize(mut self, reoptimize: bool) -> Self {
        self.reoptimize = reoptimize;
        self
    }

    /// Sets [`xvals`](Self::xvals).
    #[must_use]
    pub fn with_xvals(mut self, xvals: Option<Vec<f64>>) -> Self {
        self.xvals = xvals;
        self
    }

    /// Sets [`npts`](Self::npts).
    #[must_use]
    pub fn with_npts(mut self, npts: usize) -> Self {
        self.npts = npts;
        self
    }

    /// Sets [`fix_shape`](Self::fix_shape).
    #[must_use]
    pub fn with_fix_shape(mut self, fix_shape: bool) -> Self {
        self.fix_shape = fix_shape;
        self
    }

    /// Sets [`loge_bounds`](Self::loge_bounds).
    #[must_use]
    pub fn with_loge_bounds(mut self, loge_bounds: [Option<f64>; 2]) -> Self {
        self.loge_bounds = loge_bounds;
        self
    }
}

impl ProfileOptions {
    /// Whether the others follow.
    pub const REOPTIMIZE: Definition<bool> =
        Definition::new("reoptimize", false, "Fit the other free parameters again at every point; else they are held.");
    /// Points that are chosen.
    pub const NPTS: Definition<usize> = Definition::new("npts", 20, "How many points are chosen.")
        .within(Range::new("a whole number of at least 1 and at most a million", |x| (1.0..=1e6).contains(&x)));
    /// Whether shapes are held.
    pub const FIX_SHAPE: Definition<bool> =
        Definition::new("fix_shape", true, "Hold all parameters but normalisations when the others are fitted again.");

    pub(crate) fn check(&self) -> Result<()> {
        let xvals = self.xvals.as_deref();
        if let Some(bad) = xvals.and_then(|x| x.iter().find(|x| !x.is_finite())) {
            return Err(Error::Option { option: "xvals", found: bad.to_string(), expected: "finite values" });
        }
        match xvals {
            Some([]) => Ok(Self::NPTS.check(&0)?),
            Some(_) => Ok(()),
            None => Ok(Self::NPTS.check(&self.npts)?),
        }
    }
}
