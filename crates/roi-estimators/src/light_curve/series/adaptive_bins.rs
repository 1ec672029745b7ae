//! Time bins of one significance, from the photons that a source may have sent.

use crate::error::{Error, Result};

/// Newton's steps for the flux of a bin.
const STEPS: usize = 60;
/// Where they end, relative to the flux.
const PRECISION: f64 = 1e-10;
/// How many more photons are taken at once at most, relative to those of the bin.
const STRIDE: f64 = 0.1;

/// What is known of a source before it is binned.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AdaptiveInput {
    /// Photons in order of time: mission time in s, and the probability that the source sent them, by the model of the whole time.
    pub photons: Vec<(f64, f64)>,
    /// How exposure grows: mission times in s, rising, with the share of the whole exposure until then, from 0 to 1; between them it grows evenly.
    pub exposure: Vec<(f64, f64)>,
    /// Counts that the source predicts over the whole time.
    pub npred: f64,
}

impl AdaptiveInput {
    /// Of all three.
    pub fn new(photons: Vec<(f64, f64)>, exposure: Vec<(f64, f64)>, npred: f64) -> Self {
        Self { photons, exposure, npred }
    }
}

/// Contiguous bins, each just long enough that the flux of the source in it is expected to be `significance` times its error.
///
/// With `w_k` the probability of a photon at the flux of the whole time, the likelihood of `r` times that flux in a bin is, up to what does not depend on `r`,
/// `logL = sum ln(r w_k + 1 - w_k) - r n x`, `n` the counts predicted over the whole time, `x` the bin's share of the exposure. Its maximum is where `sum w_k /
/// (r w_k + 1 - w_k) = n x`, and there `F / sigma_F = sqrt(sum v_k^2)`, `v_k = r w_k / (r w_k + 1 - w_k)` the probability at the flux of the bin (the
/// condition of constant relative error of Lott et al. 2012, A&A 544, A6, with spectrum and background held). A bin ends midway between the photon that
/// fulfils the condition and the next one, so that it does not end on a photon of its own; what is left at the end
/// is a bin if it is as significant, or joins the last one.
///
/// # Errors
/// When the significance is not above 0, photons or exposure are out of order, or the source is not that significant over the whole time.
pub fn adaptive_time_bins(input: &AdaptiveInput, significance: f64) -> Result<Vec<(f64, f64)>> {
    check(input, significance)?;
    let (first, last) = ends(input);
    let target = significance * significance;
    let mut bins: Vec<(f64, f64)> = Vec::new();
    let (mut begin, mut edge) = (0, first);
    while let Some(index) = next_end(input, (begin, edge), target) {
        let Some(end) = end_after(input, index) else { break };
        bins.push((edge, end));
        (begin, edge) = (index + 1, end);
    }
    let left = input.photons.get(begin..).unwrap_or_default();
    if information(left, input.npred * (1.0 - share(&input.exposure, edge))) >= target {
        bins.push((edge, last));
    } else if let Some(bin) = bins.last_mut() {
        bin.1 = last;
    } else {
        return Err(Error::Option {
            option: "adaptive",
            found: significance.to_string(),
            expected: "a significance that the source has over the whole time",
        });
    }
    Ok(bins)
}

fn check(input: &AdaptiveInput, significance: f64) -> Result<()> {
    let wrong = |found: String, expected| Err(Error::Option { option: "adaptive", found, expected });
    if !(significance.is_finite() && significance > 0.0) {
        return wrong(significance.to_string(), "a number above 0, in units of the error of the flux");
    }
    let is_probability = |p: f64| (0.0..=1.0).contains(&p);
    let rises = |list: &[(f64, f64)]| list.windows(2).all(|pair| pair[0].0 <= pair[1].0);
    let photons = &input.photons;
    if !rises(photons) || photons.iter().any(|(time, p)| !time.is_finite() || !is_probability(*p)) {
        return wrong("photons out of order".into(), "photons in order of time with probabilities from 0 to 1");
    }
    let grows = input.exposure.windows(2).all(|pair| pair[0].1 <= pair[1].1);
    let has_exposure = input.exposure.len() > 1 && rises(&input.exposure) && grows;
    let is_predicted = input.npred > 0.0 && input.npred.is_finite();
    if !(has_exposure && is_predicted) {
        return wrong(
            "an exposure that does not grow".into(),
            "an exposure that grows with time, and predicted counts above 0",
        );
    }
    Ok(())
}

/// The first and last time of the exposure.
fn ends(input: &AdaptiveInput) -> (f64, f64) {
    let time = |point: Option<&(f64, f64)>| point.map_or(f64::NAN, |point| point.0);
    (time(input.exposure.first()), time(input.exposure.last()))
}

/// The share of the exposure until a time.
fn share(exposure: &[(f64, f64)], time: f64) -> f64 {
    let above = exposure.partition_point(|(t, _)| *t <= time);
    match (above.checked_sub(1).and_then(|below| exposure.get(below)), exposure.get(above)) {
        (Some(&(t0, x0)), Some(&(t1, x1))) => x0 + (x1 - x0) * (time - t0) / (t1 - t0),
        (Some(&(_, x)), None) | (None, Some(&(_, x))) => x,
        (None, None) => 0.0,
    }
}

/// The first photon at which a bin that begins there has as much information as that. Far from it photons are looked at in strides, and then those that were
/// left out.
fn next_end(input: &AdaptiveInput, (begin, edge): (usize, f64), target: f64) -> Option<usize> {
    let last = input.photons.len().checked_sub(1)?;
    let known = |index: usize| {
        let end = end_after(input, index).filter(|end| *end > edge);
        // No flux is more significant than one to which every photon belongs.
        let (Some(end), true) = (end, (index + 1 - begin) as f64 >= target) else { return 0.0 };
        let predicted = input.npred * (share(&input.exposure, end) - share(&input.exposure, edge));
        information(&input.photons[begin..=index], predicted)
    };
    let (mut index, mut unseen) = (begin, begin);
    while index < last {
        let found = known(index);
        if found >= target {
            break;
        }
        unseen = index + 1;
        let stride = STRIDE * (1.0 - found / target) * (unseen - begin) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small part of a number of photons"
        )]
        let stride = stride as usize;
        index += stride.max(1);
    }
    (unseen..last.min(index + 1)).find(|index| known(*index) >= target)
}

/// Where a bin ends that has this photon last: midway to the next one. Photons of one time are not parted.
fn end_after(input: &AdaptiveInput, index: usize) -> Option<f64> {
    let (time, next) = (input.photons.get(index)?.0, input.photons.get(index + 1)?.0);
    Some(0.5 * (time + next)).filter(|end| *end > time)
}

/// The square of the flux over its error, of these photons; 0 where there is no flux.
fn information(photons: &[(f64, f64)], predicted: f64) -> f64 {
    let Some(ratio) = best_ratio(photons, predicted) else { return 0.0 };
    photons.iter().map(|(_, w)| (ratio * w / (ratio * w + 1.0 - w)).powi(2)).sum()
}

/// The flux of a bin over that of the whole time: the root of a sum that falls with it, by Newton's method from below, where it is convex; `None` where it is
/// 0 or not bounded.
fn best_ratio(photons: &[(f64, f64)], predicted: f64) -> Option<f64> {
    let at = |ratio: f64| {
        let (mut sum, mut slope) = (-predicted, 0.0);
        for (_, w) in photons.iter().filter(|(_, w)| *w > 0.0) {
            let part = w / (ratio * w + 1.0 - w);
            sum += part;
            slope -= part * part;
        }
        (sum, slope)
    };
    if predicted <= 0.0 {
        return None;
    }
    // Photons that are the source's for sure keep the sum above 0 at small ratios.
    let sure = photons.iter().filter(|(_, w)| *w >= 1.0).count() as f64;
    let mut ratio = sure / predicted;
    for _ in 0..STEPS {
        let (sum, slope) = if ratio > 0.0 || sure == 0.0 { at(ratio) } else { return None };
        if sum <= 0.0 && ratio == 0.0 {
            return None;
        }
        let next = ratio - sum / slope;
        if !next.is_finite() || (next - ratio).abs() <= PRECISION * next {
            break;
        }
        ratio = next;
    }
    Some(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_without_background_is_binned_by_counts() {
        let photons: Vec<(f64, f64)> = (0..100).map(|i| (f64::from(i) + 0.5, 1.0)).collect();
        let input = AdaptiveInput::new(photons, vec![(0.0, 0.0), (100.0, 1.0)], 100.0);
        let bins = adaptive_time_bins(&input, 5.0).unwrap_or_default();
        // F / sigma_F = sqrt(N).
        assert_eq!(bins, [(0.0, 25.0), (25.0, 50.0), (50.0, 75.0), (75.0, 100.0)]);
    }

    #[test]
    fn bins_end_at_the_first_photon_that_is_enough() {
        let mut state = 3_u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut time = 0.0;
        let photons: Vec<(f64, f64)> = (0..3000)
            .map(|_| {
                time += draw();
                (time, 0.3 * draw())
            })
            .collect();
        let npred = photons.iter().map(|(_, w)| w).sum();
        let input = AdaptiveInput::new(photons, vec![(0.0, 0.0), (time + 1.0, 1.0)], npred);
        let bins = adaptive_time_bins(&input, 3.0).unwrap_or_default();
        assert!(bins.len() > 5, "{bins:?}");
        let (mut begin, mut edge) = (0, 0.0);
        for (_, end) in &bins[..bins.len() - 1] {
            let enough = |index: &usize| {
                let stop = 0.5 * (input.photons[*index].0 + input.photons[*index + 1].0);
                let predicted = npred * (stop - edge) / (time + 1.0);
                information(&input.photons[begin..=*index], predicted) >= 9.0
            };
            let first = (begin..input.photons.len() - 1).find(enough).unwrap_or(usize::MAX);
            assert!((0.5 * (input.photons[first].0 + input.photons[first + 1].0) - end).abs() < 1e-9);
            (begin, edge) = (first + 1, *end);
        }
    }

    #[test]
    fn the_flux_and_its_error_are_those_of_the_likelihood() {
        let photons: Vec<(f64, f64)> = (0..40).map(|i| (f64::from(i), f64::from(i % 9 + 1) / 10.0)).collect();
        let predicted = 11.0;
        let loglike = |r: f64| photons.iter().map(|(_, w)| (r * w + 1.0 - w).ln()).sum::<f64>() - r * predicted;
        let (mut low, mut high) = (0.0, 50.0);
        for _ in 0..200 {
            let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if loglike(a) > loglike(b) { high = b } else { low = a }
        }
        let top = 0.5 * (low + high);
        let found = best_ratio(&photons, predicted).unwrap_or(f64::NAN);
        assert!((found / top - 1.0).abs() < 1e-6, "{found} {top}");
        let step = 1e-3 * top;
        let curvature = (2.0 * loglike(top) - loglike(top - step) - loglike(top + step)) / step / step;
        let significance = top * curvature.sqrt();
        let found = information(&photons, predicted).sqrt();
        assert!((found / significance - 1.0).abs() < 1e-4, "{found} {significance}");
    }

    #[test]
    fn what_cannot_be_binned_teaches() {
        let input = |photons: &[(f64, f64)]| AdaptiveInput::new(photons.to_vec(), vec![(0.0, 0.0), (10.0, 1.0)], 3.0);
        for (photons, significance) in [
            (&[(1.0, 0.5)][..], 5.0),
            (&[(1.0, 0.5)], 0.0),
            (&[(1.0, 0.5)], f64::NAN),
            (&[(2.0, 0.5), (1.0, 0.5)], 1.0),
            (&[(1.0, 1.5)], 1.0),
        ] {
            assert!(adaptive_time_bins(&input(photons), significance).is_err(), "{photons:?} {significance}");
        }
    }
}
