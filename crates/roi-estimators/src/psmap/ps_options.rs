//! The options of `psmap`, each defined once.

use lat_dataset::{Definition, Range};
use serde_json::{Value, json};

use crate::error::{Error, Result};

/// Options of [`crate::psmap`], with fermipy's names and defaults.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PsMapOptions {
    /// Sources that are left out of the model, by name or alias.
    pub exclude: Vec<String>,
    /// [`PsMapOptions::EMIN`].
    pub emin: f64,
    /// [`PsMapOptions::EMAX`].
    pub emax: f64,
    /// [`PsMapOptions::NBINLOGE`].
    pub nbinloge: usize,
    /// A radius in degrees for all energies.
    pub fixedradius: Option<f64>,
    /// [`PsMapOptions::PSFPAR0`].
    pub psfpar0: f64,
    /// [`PsMapOptions::PSFPAR1`].
    pub psfpar1: f64,
    /// [`PsMapOptions::PSFPAR2`].
    pub psfpar2: f64,
    /// [`PsMapOptions::PSFPAR3`].
    pub psfpar3: f64,
    /// `psfpar0` of each component; empty for one of all.
    pub psfpar0lst: Vec<f64>,
    /// The middle of the square of pixels that is computed, FITS pixel numbers; all pixels when there is none.
    pub pixel: Option<[usize; 2]>,
    /// [`PsMapOptions::DPIX`].
    pub dpix: usize,
    /// [`PsMapOptions::MAXPOISSONCOUNT`].
    pub maxpoissoncount: f64,
    /// [`PsMapOptions::PROB_EPSILON`].
    pub prob_epsilon: f64,
    /// [`PsMapOptions::NBINPDF`].
    pub nbinpdf: usize,
    /// [`PsMapOptions::SCALEAXIS`].
    pub scaleaxis: f64,
    /// [`PsMapOptions::USE_WEIGHTS`].
    pub use_weights: bool,
}

impl PsMapOptions {
    /// The lowest energy.
    pub const EMIN: Definition<f64> =
        Definition::new("emin", 100.0, "Lowest energy of the spectra.").in_unit("MeV").within(Range::ABOVE_0);
    /// The highest energy.
    pub const EMAX: Definition<f64> =
        Definition::new("emax", 1e6, "Highest energy of the spectra.").in_unit("MeV").within(Range::ABOVE_0);
    /// How many bins the spectra have.
    pub const NBINLOGE: Definition<usize> =
        Definition::new("nbinloge", 20, "Energy bins of the spectra, best 0.2 to 0.3 wide in log10.")
            .within(Range::FROM_1);
    /// The radius at `psfpar1`.
    pub const PSFPAR0: Definition<f64> = Definition::new(
        "psfpar0",
        4.0,
        "Radius at the energy psfpar1, r(E)^2 = psfpar0^2 (E/psfpar1)^(-2 psfpar2) + psfpar3^2.",
    )
    .in_unit("degrees")
    .within(Range::FINITE_FROM_0);
    /// The energy of `psfpar0`.
    pub const PSFPAR1: Definition<f64> =
        Definition::new("psfpar1", 100.0, "Energy of the radius psfpar0.").in_unit("MeV").within(Range::ABOVE_0);
    /// How the radius falls.
    pub const PSFPAR2: Definition<f64> =
        Definition::new("psfpar2", 0.9, "Exponent with which the radius falls with energy.")
            .within(Range::FINITE_FROM_0);
    /// The radius at high energies.
    pub const PSFPAR3: Definition<f64> = Definition::new("psfpar3", 0.1, "Radius at the highest energies.")
        .in_unit("degrees")
        .within(Range::FINITE_FROM_0);
    /// How much of the map is computed.
    pub const DPIX: Definition<usize> =
        Definition::new("dpix", 0, "Pixels on each side of the pixel that is asked for.");
    /// Where Gaussian statistics begin.
    pub const MAXPOISSONCOUNT: Definition<f64> =
        Definition::new("maxpoissoncount", 100.0, "Model counts of a bin above which its statistics are Gaussian.")
            .within(Range::ABOVE_0);
    /// What is neglected.
    pub const PROB_EPSILON: Definition<f64> =
        Definition::new("prob_epsilon", 1e-7, "Probability of counts that is neglected in each bin, 1e-15 or more.")
            .within(Range::ABOVE_0);
    /// Bins of the histogram.
    pub const NBINPDF: Definition<usize> =
        Definition::new("nbinpdf", 50, "Bins of the likelihood's histogram for each bin of the spectrum.")
            .within(Range::FROM_1);
    /// Range of the histogram.
    pub const SCALEAXIS: Definition<f64> =
        Definition::new("scaleaxis", 20.0, "Range of the likelihood's histogram for each bin of the spectrum.")
            .within(Range::ABOVE_0);
    /// Whether weights apply.
    pub const USE_WEIGHTS: Definition<bool> =
        Definition::new("use_weights", false, "Apply the likelihood weights of the components.");
    /// The most bins of a histogram.
    const MOST_BINS: usize = 1_000_000;
    /// The least that may be neglected.
    const LEAST_EPSILON: f64 = 1e-15;

    /// Refuses what has no meaning.
    pub(crate) fn check(&self, components: usize) -> Result<()> {
        let numbers = [
            (&Self::EMIN, self.emin),
            (&Self::EMAX, self.emax),
            (&Self::PSFPAR0, self.psfpar0),
            (&Self::PSFPAR1, self.psfpar1),
            (&Self::PSFPAR2, self.psfpar2),
            (&Self::PSFPAR3, self.psfpar3),
            (&Self::MAXPOISSONCOUNT, self.maxpoissoncount),
            (&Self::PROB_EPSILON, self.prob_epsilon),
            (&Self::SCALEAXIS, self.scaleaxis),
        ];
        for (definition, value) in numbers {
            definition.check(&value)?;
        }
        Self::NBINLOGE.check(&self.nbinloge)?;
        Self::NBINPDF.check(&self.nbinpdf)?;
        let refuse = |option, found: String, expected| Err(Error::Option { option, found, expected });
        if self.emin >= self.emax {
            return refuse("emax", self.emax.to_string(), "an energy in MeV above emin");
        }
        if self.nbinpdf.saturating_mul(self.nbinloge) > Self::MOST_BINS {
            let found = format!("{} bins for each of {}", self.nbinpdf, self.nbinloge);
            return refuse("nbinpdf", found, "at most 1000000 bins in all, nbinpdf times nbinloge");
        }
        if self.prob_epsilon >= 0.1 {
            return refuse("prob_epsilon", self.prob_epsilon.to_string(), "a small probability, such as 1e-7");
        }
        if let Some(radius) = self.fixedradius.filter(|radius| !(*radius > 0.0 && radius.is_finite())) {
            return refuse("fixedradius", radius.to_string(), "degrees, above 0");
        }
        if !self.psfpar0lst.is_empty() && self.psfpar0lst.len() != components {
            let expected = "as many numbers as the analysis has components";
            return refuse("psfpar0lst", format!("{:?}", self.psfpar0lst), expected);
        }
        for value in &self.psfpar0lst {
            Self::PSFPAR0.check(value)?;
        }
        Ok(())
    }

    /// The probability that is neglected.
    pub(crate) fn epsilon(&self) -> f64 {
        self.prob_epsilon.max(Self::LEAST_EPSILON)
    }

    /// The radius of a component at an energy in MeV, degrees.
    pub(crate) fn radius(&self, component: usize, energy: f64) -> f64 {
        let first = self.psfpar0lst.get(component).copied().unwrap_or(self.psfpar0);
        let of_energy = first * (self.psfpar1 / energy).powf(self.psfpar2);
        self.fixedradius.unwrap_or_else(|| of_energy.hypot(self.psfpar3))
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "exclude": self.exclude,
            "emin": self.emin,
            "emax": self.emax,
            "nbinloge": self.nbinloge,
            "fixedradius": self.fixedradius,
            "psfpar0": self.psfpar0,
            "psfpar1": self.psfpar1,
            "psfpar2": self.psfpar2,
            "psfpar3": self.psfpar3,
            "psfpar0lst": self.psfpar0lst,
            "ipix": self.pixel.map(|[x, _]| x),
            "jpix": self.pixel.map(|[_, y]| y),
            "dpix": self.dpix,
            "maxpoissoncount": self.maxpoissoncount,
            "prob_epsilon": self.prob_epsilon,
            "nbinpdf": self.nbinpdf,
            "scaleaxis": self.scaleaxis,
            "use_weights": self.use_weights,
        })
    }
}

impl Default for PsMapOptions {
    fn default() -> Self {
        Self {
            exclude: Vec::new(),
            emin: Self::EMIN.value(),
            emax: Self::EMAX.value(),
            nbinloge: Self::NBINLOGE.value(),
            fixedradius: None,
            psfpar0: Self::PSFPAR0.value(),
            psfpar1: Self::PSFPAR1.value(),
            psfpar2: Self::PSFPAR2.value(),
            psfpar3: Self::PSFPAR3.value(),
            psfpar0lst: Vec::new(),
            pixel: None,
            dpix: Self::DPIX.value(),
            maxpoissoncount: Self::MAXPOISSONCOUNT.value(),
            prob_epsilon: Self::PROB_EPSILON.value(),
            nbinpdf: Self::NBINPDF.value(),
            scaleaxis: Self::SCALEAXIS.value(),
            use_weights: Self::USE_WEIGHTS.value(),
        }
    }
}

impl PsMapOptions {
    /// Sets [`exclude`](Self::exclude).
    #[must_use]
    pub fn with_exclude(mut self, exclude: Vec<String>) -> Self {
        self.exclude = exclude;
        self
    }

    /// Sets [`emin`](Self::emin).
    #[must_use]
    pub fn with_emin(mut self, emin: f64) -> Self {
        self.emin = emin;
        self
    }

    /// Sets [`emax`](Self::emax).
    #[must_use]
    pub fn with_emax(mut self, emax: f64) -> Self {
        self.emax = emax;
        self
    }

    /// Sets [`nbinloge`](Self::nbinloge).
    #[must_use]
    pub fn with_nbinloge(mut self, nbinloge: usize) -> Self {
        self.nbinloge = nbinloge;
        self
    }

    /// Sets [`fixedradius`](Self::fixedradius).
    #[must_use]
    pub fn with_fixedradius(mut self, fixedradius: Option<f64>) -> Self {
        self.fixedradius = fixedradius;
        self
    }

    /// Sets [`psfpar0`](Self::psfpar0).
    #[must_use]
    pub fn with_psfpar0(mut self, psfpar0: f64) -> Self {
        self.psfpar0 = psfpar0;
        self
    }

    /// Sets [`psfpar1`](Self::psfpar1).
    #[must_use]
    pub fn with_psfpar1(mut self, psfpar1: f64) -> Self {
        self.psfpar1 = psfpar1;
        self
    }

    /// Sets [`psfpar2`](Self::psfpar2).
    #[must_use]
    pub fn with_psfpar2(mut self, psfpar2: f64) -> Self {
        self.psfpar2 = psfpar2;
        self
    }

    /// Sets [`psfpar3`](Self::psfpar3).
    #[must_use]
    pub fn with_psfpar3(mut self, psfpar3: f64) -> Self {
        self.psfpar3 = psfpar3;
        self
    }

    /// Sets [`psfpar0lst`](Self::psfpar0lst).
    #[must_use]
    pub fn with_psfpar0lst(mut self, psfpar0lst: Vec<f64>) -> Self {
        self.psfpar0lst = psfpar0lst;
        self
    }

    /// Sets [`pixel`](Self::pixel).
    #[must_use]
    pub fn with_pixel(mut self, pixel: Option<[usize; 2]>) -> Self {
        self.pixel = pixel;
        self
    }

    /// Sets [`dpix`](Self::dpix).
    #[must_use]
    pub fn with_dpix(mut self, dpix: usize) -> Self {
        self.dpix = dpix;
        self
    }

    /// Sets [`maxpoissoncount`](Self::maxpoissoncount).
    #[must_use]
    pub fn with_maxpoissoncount(mut self, maxpoissoncount: f64) -> Self {
        self.maxpoissoncount = maxpoissoncount;
        self
    }

    /// Sets [`prob_epsilon`](Self::prob_epsilon).
    #[must_use]
    pub fn with_prob_epsilon(mut self, prob_epsilon: f64) -> Self {
        self.prob_epsilon = prob_epsilon;
        self
    }

    /// Sets [`nbinpdf`](Self::nbinpdf).
    #[must_use]
    pub fn with_nbinpdf(mut self, nbinpdf: usize) -> Self {
        self.nbinpdf = nbinpdf;
        self
    }

    /// Sets [`scaleaxis`](Self::scaleaxis).
    #[must_use]
    pub fn with_scaleaxis(mut self, scaleaxis: f64) -> Self {
        self.scaleaxis = scaleaxis;
        self
    }

    /// Sets [`use_weights`](Self::use_weights).
    #[must_use]
    pub fn with_use_weights(mut self, use_weights: bool) -> Self {
        self.use_weights = use_weights;
        self
    }
}
