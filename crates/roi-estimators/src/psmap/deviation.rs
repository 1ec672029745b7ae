//! How improbable a spectrum of counts is under its model.

use statrs::function::gamma::{checked_gamma_ur, ln_gamma};

use crate::psmap::likelihood_histogram::LikelihoodHistogram;
use crate::psmap::ps_options::PsMapOptions;

/// The smallest probability, so that its logarithm is finite.
const LEAST: f64 = 1e-311;
/// The smallest probability of the counts of one bin.
const LEAST_COUNTS: f64 = 1e-323;

/// A bin of a spectrum around a pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SpectrumBin {
    pub(crate) counts: f64,
    pub(crate) model: f64,
    pub(crate) weight: f64,
}

/// Buffers of a thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Work {
    bins: Vec<SpectrumBin>,
    histogram: LikelihoodHistogram,
    outcomes: Vec<(f64, f64)>,
}

/// The PS of a spectrum: `-log10` of the probability of a likelihood as low as that of the counts or lower, with the sign of the residuals
/// (Bruel 2021, A&A 656, A81).
pub(crate) fn signed_ps(spectrum: &[SpectrumBin], options: &PsMapOptions, work: &mut Work) -> f64 {
    let Work { bins, histogram, outcomes } = work;
    bins.clear();
    let rounded = |bin: &SpectrumBin| SpectrumBin { counts: bin.counts.round_ties_even(), ..*bin };
    bins.extend(spectrum.iter().filter(|bin| bin.model > 0.0).map(rounded));
    bins.sort_by(|a, b| b.model.total_cmp(&a.model));
    let residual: f64 =
        bins.iter().map(|bin| (bin.counts - bin.model) / (bin.model.max(1.0) / bin.weight).sqrt()).sum();
    let n_gaussians = bins.iter().filter(|bin| bin.model > options.maxpoissoncount).count();
    let (gaussians, poissons) = bins.split_at(n_gaussians);
    let half_chi2: f64 =
        0.5 * gaussians.iter().map(|bin| (bin.counts - bin.model).powi(2) / bin.model * bin.weight).sum::<f64>();
    let probability = if bins.is_empty() {
        1.0
    } else if poissons.is_empty() {
        upper_gamma(n_gaussians as f64 / 2.0, half_chi2)
    } else {
        let minus_ln = |bin: &SpectrumBin| -bin.weight * ln_poisson(bin.counts, bin.model).max(LEAST_COUNTS.ln());
        let of_data = half_chi2 + poissons.iter().map(minus_ln).sum::<f64>();
        let n_bins = options.nbinpdf * bins.len();
        let weights: f64 = poissons.iter().map(|bin| bin.weight).sum();
        histogram.begin(n_bins, options.scaleaxis * (n_gaussians as f64 + weights) / n_bins as f64);
        if n_gaussians > 0 {
            histogram.put_gaussians(n_gaussians, options.epsilon());
        }
        for (index, bin) in poissons.iter().enumerate() {
            outcomes_of(bin, options.epsilon(), outcomes);
            if index == 0 && n_gaussians == 0 {
                histogram.put_first(outcomes);
            } else {
                histogram.add(outcomes);
            }
        }
        histogram.probability_from(of_data)
    };
    let ps = -probability.max(LEAST).log10();
    if residual < 0.0 { -ps } else { ps }
}

/// `Q(a, x)`, the upper incomplete gamma function over the whole one, 1 at 0.
fn upper_gamma(a: f64, x: f64) -> f64 {
    checked_gamma_ur(a, x).unwrap_or(1.0)
}

/// `ln` of the Poisson probability of `n` counts.
fn ln_poisson(n: f64, mean: f64) -> f64 {
    n * mean.ln() - mean - ln_gamma(n + 1.0)
}

/// The counts that a bin may have, but for those of a probability of about `epsilon`: probability and `-w ln` of it of each.
fn outcomes_of(bin: &SpectrumBin, epsilon: f64, outcomes: &mut Vec<(f64, f64)>) {
    outcomes.clear();
    let (first, last) = range(bin.model, epsilon);
    let mut ln = ln_poisson(first, bin.model);
    let mut n = first;
    while n <= last {
        outcomes.push((ln.exp(), -bin.weight * ln));
        n += 1.0;
        ln += (bin.model / n).ln();
    }
}

/// The range of counts that holds all but a probability of about `epsilon`: what lies below the first and above the last has less than half of it each.
fn range(mean: f64, epsilon: f64) -> (f64, f64) {
    let tail = 0.5 * epsilon;
    // P(n < k) = Q(k, mean) and P(n > k) = P(k + 1, mean), which rise and fall with k.
    let mut first = (mean - 8.0 * mean.sqrt() - 2.0).floor().max(0.0);
    while upper_gamma(first + 1.0, mean) < tail {
        first += 1.0;
    }
    let mut last = mean.floor();
    let mut probability = ln_poisson(last, mean).exp();
    // Above the mean each probability is less than mean / n of the one before, so the tail is below a geometric series.
    while probability * (mean / (last + 1.0)) / (1.0 - mean / (last + 2.0)) >= tail {
        last += 1.0;
        probability *= mean / last;
    }
    (first, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spectrum(bins: &[(f64, f64)]) -> Vec<SpectrumBin> {
        bins.iter().map(|&(counts, model)| SpectrumBin { counts, model, weight: 1.0 }).collect()
    }

    #[test]
    fn the_range_of_counts_holds_all_but_epsilon() {
        for mean in [1e-4, 0.03, 0.9, 4.0, 5.5, 37.0, 99.0] {
            for epsilon in [1e-3, 1e-7, 1e-12] {
                let (first, last) = range(mean, epsilon);
                let mut held = 0.0;
                let mut n = first;
                while n <= last {
                    held += ln_poisson(n, mean).exp();
                    n += 1.0;
                }
                assert!(1.0 - held <= epsilon, "{mean} {epsilon}: {held}");
            }
        }
    }

    #[test]
    fn one_bin_has_the_probability_of_its_counts_and_less_likely_ones() {
        // Of a mean of 1, 5 counts and more are less likely than any below: the sum of the Poisson probabilities from 5 on.
        let fine = PsMapOptions::default().with_nbinpdf(20_000).with_scaleaxis(40.0).with_prob_epsilon(1e-13);
        let tail: f64 = (5..40).map(|n| ln_poisson(f64::from(n), 1.0).exp()).sum();
        let found = signed_ps(&spectrum(&[(5.0, 1.0)]), &fine, &mut Work::default());
        assert!((found + tail.log10()).abs() < 1e-6, "{found} {}", -tail.log10());
        // Too few counts have the other sign; nothing at all of 20 is as improbable as 45 and more.
        assert!(signed_ps(&spectrum(&[(3.0, 20.0)]), &fine, &mut Work::default()) < -3.0);
    }

    #[test]
    fn many_gaussian_bins_have_the_probability_of_chi_square() {
        let bins = spectrum(&[(1100.0, 1000.0), (480.0, 500.0)]);
        let chi2 = 10.0 + 0.8;
        let found = signed_ps(&bins, &PsMapOptions::default(), &mut Work::default());
        assert!((found - chi2 / 2.0 / std::f64::consts::LN_10).abs() < 1e-9, "{found}");
    }

    #[test]
    fn counts_that_are_the_model_are_no_deviation() {
        let found = signed_ps(&spectrum(&[(1000.0, 1000.0)]), &PsMapOptions::default(), &mut Work::default());
        assert!(found.abs() < 1e-12, "{found}");
    }

    #[test]
    fn what_lies_beyond_the_histogram_counts() {
        // The axis ends below the -ln L of any counts of 20: all of them are as improbable as it gets.
        let short = PsMapOptions::default().with_scaleaxis(1.0);
        let found = signed_ps(&spectrum(&[(20.0, 20.0)]), &short, &mut Work::default());
        assert!(found.abs() < 1e-6, "{found}");
        let coarse = PsMapOptions::default().with_nbinpdf(1);
        assert!(signed_ps(&spectrum(&[(20.0, 20.0), (3.0, 4.0)]), &coarse, &mut Work::default()).abs() < 1.0);
    }

    #[test]
    fn the_histogram_is_that_of_a_brute_sum_over_two_bins() {
        let fine = PsMapOptions::default().with_nbinpdf(4000).with_prob_epsilon(1e-12);
        let (means, counts) = ([0.7, 2.3], [3.0, 6.0]);
        let minus_ln = |n: [f64; 2]| -ln_poisson(n[0], means[0]) - ln_poisson(n[1], means[1]);
        let of_data = minus_ln(counts);
        let mut expected = 0.0;
        for i in 0..40 {
            for j in 0..40 {
                let likelihood = minus_ln([f64::from(i), f64::from(j)]);
                if likelihood >= of_data - 1e-9 {
                    expected += (-likelihood).exp();
                }
            }
        }
        let found = signed_ps(&spectrum(&[(3.0, 0.7), (6.0, 2.3)]), &fine, &mut Work::default());
        assert!((found + expected.log10()).abs() < 0.01, "{found} {}", -expected.log10());
    }
}
