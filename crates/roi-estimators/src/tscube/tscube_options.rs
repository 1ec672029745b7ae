//! The options of `tscube`, each defined once.

use lat_dataset::{Definition, Range};
use roi_model::SkyDirection;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::sed::sed_options::SedOptions;
use crate::sky::test_source::TestSource;

/// Options of [`crate::tscube`], with fermipy's names and defaults.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TsCubeOptions {
    /// What the cube looks for.
    pub model: TestSource,
    /// Sources that are left out of the model, by name or alias.
    pub exclude: Vec<String>,
    /// The middle of the map; by default that of the region.
    pub map_skydir: Option<SkyDirection>,
    /// Width and height of the map, degrees; by default those of the region.
    pub map_size: Option<f64>,
    /// [`TsCubeOptions::DO_SED`].
    pub do_sed: bool,
    /// [`TsCubeOptions::NNORM`].
    pub nnorm: usize,
    /// [`TsCubeOptions::COV_SCALE_BB`]; `None` for no priors.
    pub cov_scale_bb: Option<f64>,
    /// [`TsCubeOptions::COV_SCALE`]; `None` for a background that is held.
    pub cov_scale: Option<f64>,
}

impl TsCubeOptions {
    /// Whether bins are fitted.
    pub const DO_SED: Definition<bool> =
        Definition::new("do_sed", true, "Fit the test source in each energy bin, too.");
    /// Points of a scan.
    pub const NNORM: Definition<usize> =
        Definition::new("nnorm", 10, "Points of the likelihood profile of each bin, at least 5.")
            .within(Range::new("5 points or more, at most a million", |x| (5.0..=1e6).contains(&x)));
    /// The priors of the whole range.
    pub const COV_SCALE_BB: Definition<Option<f64>> = Definition::new(
        "cov_scale_bb",
        None,
        "Width of a Gaussian prior on each free norm in the fit of the whole range, in units of its error in the fit without the test source; no priors unless asked for.",
    )
    .within(Range::new("a finite number above 0, or none for no priors", |x| x.is_finite() && x > 0.0));
    /// The priors of the bins.
    pub const COV_SCALE: Definition<Option<f64>> = Definition::new(
        "cov_scale",
        None,
        "Fit the free norms in each bin, too, with Gaussian priors of this width, in units of their errors in the fit without the test source; they are held unless asked for.",
    )
    .within(Range::new("a finite number above 0, or none to hold them", |x| x.is_finite() && x > 0.0));

    /// Sets [`model`](Self::model).
    #[must_use]
    pub fn with_model(mut self, model: TestSource) -> Self {
        self.model = model;
        self
    }

    /// Sets [`exclude`](Self::exclude).
    #[must_use]
    pub fn with_exclude(mut self, exclude: Vec<String>) -> Self {
        self.exclude = exclude;
        self
    }

    /// Sets [`map_skydir`](Self::map_skydir).
    #[must_use]
    pub fn with_map_skydir(mut self, map_skydir: Option<SkyDirection>) -> Self {
        self.map_skydir = map_skydir;
        self
    }

    /// Sets [`map_size`](Self::map_size).
    #[must_use]
    pub fn with_map_size(mut self, map_size: Option<f64>) -> Self {
        self.map_size = map_size;
        self
    }

    /// Sets [`do_sed`](Self::do_sed).
    #[must_use]
    pub fn with_do_sed(mut self, do_sed: bool) -> Self {
        self.do_sed = do_sed;
        self
    }

    /// Sets [`nnorm`](Self::nnorm).
    #[must_use]
    pub fn with_nnorm(mut self, nnorm: usize) -> Self {
        self.nnorm = nnorm;
        self
    }

    /// Sets [`cov_scale_bb`](Self::cov_scale_bb).
    #[must_use]
    pub fn with_cov_scale_bb(mut self, cov_scale_bb: Option<f64>) -> Self {
        self.cov_scale_bb = cov_scale_bb;
        self
    }

    /// Sets [`cov_scale`](Self::cov_scale).
    #[must_use]
    pub fn with_cov_scale(mut self, cov_scale: Option<f64>) -> Self {
        self.cov_scale = cov_scale;
        self
    }

    /// Refuses what has no meaning.
    pub(crate) fn check(&self) -> Result<()> {
        Self::NNORM.check(&self.nnorm)?;
        Self::COV_SCALE_BB.check(&self.cov_scale_bb)?;
        Self::COV_SCALE.check(&self.cov_scale)?;
        if self.model.replaces_psf {
            let expected = "PointSource, RadialDisk or RadialGaussian; the image Gaussian is for residmap alone";
            return Err(Error::Option { option: "SpatialModel", found: "Gaussian".into(), expected });
        }
        Ok(())
    }

    /// How a bin is fitted.
    pub(crate) fn of_bins(&self) -> SedOptions {
        SedOptions::default().with_llscan_npts(self.nnorm)
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "model": self.model.to_json(None),
            "exclude": self.exclude,
            "map_skydir": self.map_skydir.map(|place| [place.ra(), place.dec()]),
            "map_size": self.map_size,
            "do_sed": self.do_sed,
            "nnorm": self.nnorm,
            "cov_scale_bb": self.cov_scale_bb,
            "cov_scale": self.cov_scale,
        })
    }
}

impl Default for TsCubeOptions {
    fn default() -> Self {
        Self {
            model: TestSource::default(),
            exclude: Vec::new(),
            map_skydir: None,
            map_size: None,
            do_sed: Self::DO_SED.value(),
            nnorm: Self::NNORM.value(),
            cov_scale_bb: Self::COV_SCALE_BB.value(),
            cov_scale: Self::COV_SCALE.value(),
        }
    }
}
