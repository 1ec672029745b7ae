//! What `goodness` returns.

use serde_json::{Value, json};
use statrs::function::erf::erfc;

use crate::goodness::pull_histogram::PullHistogram;

/// A sum of deviances with its expectation and its variance, if the model were true.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Deviance {
    /// `2 sum (N ln(N/M) - N + M)` over pixels and energy bins.
    pub value: f64,
    /// Its expectation for Poisson counts of these means.
    pub expected: f64,
    /// Its variance.
    pub variance: f64,
    /// The counts that are expected in all of them.
    pub npred: f64,
}

/// With fewer expected counts than this a sum of deviances is not normal: one count more or less is told as one of many sigma.
const FEWEST: f64 = 100.0;

impl Deviance {
    /// How many standard deviations the sum lies above its expectation; `None` without a pixel. It is normal where many counts are expected, see
    /// [`Deviance::p_value`]. Fitting to
    /// the same counts lowers the sum by about the number of fitted parameters.
    pub fn pull(&self) -> Option<f64> {
        (self.variance > 0.0).then(|| (self.value - self.expected) / self.variance.sqrt())
    }

    /// The probability of a sum as large, for a true model; `None` where fewer than 100 counts are expected, too few for the sum to be normal.
    pub fn p_value(&self) -> Option<f64> {
        self.pull().filter(|_| self.npred >= FEWEST).map(|pull| 0.5 * erfc(pull / std::f64::consts::SQRT_2))
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.value += other.value;
        self.expected += other.expected;
        self.variance += other.variance;
        self.npred += other.npred;
    }

    fn to_json(self) -> Value {
        json!({
            "deviance": self.value,
            "deviance_expected": self.expected,
            "deviance_sigma": self.variance.sqrt(),
            "deviance_pull": self.pull(),
            "p_value": self.p_value(),
        })
    }
}

/// One component, energy bin by energy bin.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ComponentGoodness {
    /// The component.
    pub name: String,
    /// Energy edges of the bins that are evaluated, MeV.
    pub energies: Vec<f64>,
    /// Counts in each.
    pub counts: Vec<f64>,
    /// Predicted counts.
    pub npred: Vec<f64>,
    /// The sum over the pixels of each.
    pub deviances: Vec<Deviance>,
}

impl ComponentGoodness {
    /// The sum over all energies.
    pub fn total(&self) -> Deviance {
        self.deviances.iter().fold(Deviance::default(), |mut sum, bin| {
            sum.add(bin);
            sum
        })
    }
}

/// How well the counts agree with the model, see [`crate::goodness`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Goodness {
    /// The components.
    pub components: Vec<ComponentGoodness>,
    /// Pulls of all pixels, the energies added.
    pub pulls: PullHistogram,
    /// Pixels and energy bins with counts where the model predicts none; they are in no sum.
    pub impossible: usize,
}

impl Goodness {
    /// The sum over all components.
    pub fn total(&self) -> Deviance {
        self.components.iter().fold(Deviance::default(), |mut sum, component| {
            sum.add(&component.total());
            sum
        })
    }

    /// The dictionary.
    pub fn to_json(&self) -> Value {
        let mut json = self.total().to_json();
        if let Some(map) = json.as_object_mut() {
            map.insert("impossible".into(), self.impossible.into());
        }
        json
    }
}
