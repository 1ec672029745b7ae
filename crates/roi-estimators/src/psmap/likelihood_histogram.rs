//! The distribution of `-ln L` of a spectrum under its model, as a histogram.

use statrs::function::gamma::checked_gamma_lr;

/// Probabilities of `-ln L` in bins of a width, from 0 on, and of what lies beyond the last bin.
#[derive(Clone, Debug, Default)]
pub(crate) struct LikelihoodHistogram {
    step: f64,
    bins: Vec<f64>,
    /// Bins in use: behind them all are empty.
    used: usize,
    /// The probability of all beyond the last bin.
    beyond: f64,
    spare: Vec<f64>,
    by_shift: Vec<f64>,
}

impl LikelihoodHistogram {
    /// Nothing but `-ln L = 0`, with probability 1, on so many bins.
    pub(crate) fn begin(&mut self, n_bins: usize, step: f64) {
        self.step = step;
        self.bins.clear();
        self.bins.resize(n_bins, 0.0);
        self.spare.clear();
        self.spare.resize(n_bins, 0.0);
        (self.used, self.beyond) = (0, 0.0);
    }

    /// Puts in the chi-square of so many Gaussian bins, half of it, but what is beyond `1 - epsilon`.
    pub(crate) fn put_gaussians(&mut self, n: usize, epsilon: f64) {
        let shape = n as f64 / 2.0;
        let mut below = 0.0;
        for (index, bin) in self.bins.iter_mut().enumerate() {
            let up_to = checked_gamma_lr(shape, (index + 1) as f64 * self.step).unwrap_or(0.0);
            if up_to > 1.0 - epsilon {
                break;
            }
            *bin = up_to - below;
            below = up_to;
            self.used = index + 1;
        }
    }

    /// Puts in the first Poisson bin: probabilities of its counts, with `-ln L` of each.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "-ln L of a probability is not negative"
    )]
    pub(crate) fn put_first(&mut self, counts: &[(f64, f64)]) {
        for &(probability, minus_ln) in counts {
            let bin = (minus_ln / self.step) as usize;
            match self.bins.get_mut(bin) {
                Some(place) => {
                    *place += probability;
                    self.used = self.used.max(bin + 1);
                }
                None => self.beyond += probability,
            }
        }
    }

    /// Adds the `-ln L` of one more Poisson bin to what is there.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "-ln L of a probability is not negative"
    )]
    pub(crate) fn add(&mut self, counts: &[(f64, f64)]) {
        // Counts whose likelihoods fall into one bin are moved together.
        self.by_shift.clear();
        let inside: f64 = self.bins[..self.used].iter().sum();
        let mut beyond = self.beyond * counts.iter().map(|(probability, _)| probability).sum::<f64>();
        for &(probability, minus_ln) in counts {
            let shift = (minus_ln / self.step).round_ties_even() as usize;
            if shift < self.bins.len() {
                if self.by_shift.len() <= shift {
                    self.by_shift.resize(shift + 1, 0.0);
                }
                self.by_shift[shift] += probability;
            } else {
                beyond += probability * inside;
            }
        }
        let reach = (self.used + self.by_shift.len()).min(self.bins.len());
        self.spare[..reach].fill(0.0);
        for (shift, &probability) in self.by_shift.iter().enumerate().filter(|(_, probability)| **probability > 0.0) {
            let places = self.spare[shift..].iter_mut().zip(&self.bins[..self.used]);
            places.for_each(|(place, before)| *place += probability * before);
            let moved_out = self.bins.get(self.bins.len() - shift..self.used).unwrap_or_default();
            beyond += probability * moved_out.iter().sum::<f64>();
        }
        self.beyond = beyond;
        std::mem::swap(&mut self.bins, &mut self.spare);
        self.used = self.bins[..reach].iter().rposition(|bin| *bin > 0.0).map_or(0, |last| last + 1);
    }

    /// The probability of a `-ln L` of at least so much; of more than was ever seen, that of the most.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a bin that is in use")]
    pub(crate) fn probability_from(&self, minus_ln: f64) -> f64 {
        let end = self.bins.len() as f64 * self.step;
        if self.used == 0 || (self.beyond > 0.0 && minus_ln >= end) {
            return self.beyond;
        }
        let most = (self.used as f64 - 0.5) * self.step;
        let bin = (minus_ln.min(most).max(0.0) / self.step) as usize;
        self.bins.get(bin..self.used).map_or(0.0, |bins| bins.iter().sum::<f64>()) + self.beyond
    }
}
