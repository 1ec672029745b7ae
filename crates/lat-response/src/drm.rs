//! The detector response matrix: from true to measured energy bins.

use ndarray::Array2;
use rayon::prelude::*;
use roi_model::sky::SkyDirection;

use crate::error::{Error, Result};
use crate::irf::Irf;
use crate::livetime::LivetimeCube;

/// Energy edges with `n_extra` more on either side, in the ratio of the first and of the last bin: the true bins that energy dispersion needs.
///
/// ```
/// let edges = lat_response::drm::extended_edges(&[100.0, 200.0, 400.0], 1)?;
/// assert!((edges[0] - 50.0).abs() < 1e-9 && (edges[4] - 800.0).abs() < 1e-9);
/// # Ok::<(), lat_response::Error>(())
/// ```
///
/// # Errors
/// [`Error::BadValue`] for fewer than two edges, or edges that are not positive or do not increase.
pub fn extended_edges(edges: &[f64], n_extra: usize) -> Result<Vec<f64>> {
    let increase = edges.windows(2).all(|pair| pair[0] < pair[1]) && edges.iter().all(|edge| edge.is_finite());
    let (Some(&first), [.., before, last], true) = (edges.first().filter(|first| **first > 0.0), edges, increase)
    else {
        let value = edges.first().copied().unwrap_or(f64::NAN);
        let expected = "at least two positive energies in MeV that increase";
        return Err(Error::BadValue { what: "energy edges".into(), value, expected });
    };
    let (low, high) = (edges[1] / first, last / before);
    let steps = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let below = (1..=n_extra).rev().map(|n| first / low.powi(steps(n)));
    let above = (1..=n_extra).map(|n| last * high.powi(steps(n)));
    Ok(below.chain(edges.iter().copied()).chain(above).collect())
}

/// Probabilities that a photon of a true bin is measured in each bin, shape `[n + 2 n_extra true bins, n measured bins]`, for a counts cube with
/// these energy `edges` (MeV) and a source at `direction`.
///
/// As the LAT tools do it (gtdrm): a true bin counts by its geometric centre, and the mean over event types and inclinations is weighted with
/// effective area and livetime, integrated over the cosine by the trapezoid rule between the centres of the livetime cube's bins. Rows sum to
/// less than 1 where photons are measured outside the range; a row without effective area is 0.
///
/// # Errors
/// [`Error::BadValue`] as [`extended_edges`], and for a response without energy dispersion.
pub fn response_matrix(
    livetime: &LivetimeCube,
    irfs: &[Irf],
    direction: &SkyDirection,
    edges: &[f64],
    n_extra: usize,
) -> Result<Array2<f64>> {
    let extended = extended_edges(edges, n_extra)?;
    let times: Vec<f64> = livetime.at(direction).times().collect();
    let weights = trapezoid(livetime.cosines());
    let weights: Vec<f64> = weights.iter().zip(&times).map(|(weight, time)| weight * time).collect();
    let row = |true_bin: &[f64]| {
        let energy = (true_bin[0] * true_bin[1]).sqrt();
        row(irfs, livetime.cosines(), &weights, energy, edges)
    };
    let rows: Vec<Vec<f64>> = extended.par_windows(2).map(row).collect::<Result<_>>()?;
    Ok(Array2::from_shape_fn((rows.len(), edges.len() - 1), |(l, k)| rows[l][k]))
}

/// Probabilities of the measured bins for one true energy.
fn row(irfs: &[Irf], cosines: &[f64], weights: &[f64], energy: f64, edges: &[f64]) -> Result<Vec<f64>> {
    let mut sums = vec![0.0; edges.len() - 1];
    let mut total = 0.0;
    for irf in irfs {
        let dispersion =
            irf.dispersion.as_ref().ok_or_else(|| Error::NoDispersion { event_type: irf.event_type.clone() })?;
        for (&cosine, weight) in cosines.iter().zip(weights) {
            let exposure = weight * irf.effective_area.value(energy, cosine);
            if exposure == 0.0 {
                continue;
            }
            total += exposure;
            let cumulative = dispersion.cumulative(energy, cosine, edges)?;
            for (sum, pair) in sums.iter_mut().zip(cumulative.windows(2)) {
                *sum += exposure * (pair[1] - pair[0]);
            }
        }
    }
    if total > 0.0 {
        for sum in &mut sums {
            *sum /= total;
        }
    }
    Ok(sums)
}

/// Weights of the trapezoid rule over decreasing nodes; of a single node 1.
fn trapezoid(nodes: &[f64]) -> Vec<f64> {
    let last = nodes.len().saturating_sub(1);
    if last == 0 {
        return vec![1.0; nodes.len()];
    }
    (0..=last).map(|i| 0.5 * (nodes[i.saturating_sub(1)] - nodes[(i + 1).min(last)])).collect()
}
