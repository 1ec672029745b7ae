//! The detector response matrix: from true to measured energy bins.

use std::borrow::Cow;

use likelihood_core::EnergyAxis;
use ndarray::Array2;
use rayon::prelude::*;
use roi_model::SkyDirection;

use super::observed_irfs::ObservedIrfs;
use crate::error::{Error, Result};

/// Probabilities that a photon of a true bin is measured in each bin, shape `[n + 2 n_extra true bins, n measured bins]`, for a counts cube with
/// these energy `edges` (MeV) and a source at `direction`.
///
/// As the LAT tools do it (gtdrm): a true bin counts by its geometric centre, and the mean over event types and inclinations is weighted with
/// effective area and livetime, integrated over the cosine by the trapezoid rule between the centres of the livetime cube's bins. Rows sum to
/// less than 1 where photons are measured outside the range; a row without effective area is 0.
///
/// # Errors
/// For edges that are no energy axis ([`Error::Likelihood`]), and [`Error::NoDispersion`] for a response without energy dispersion.
pub fn response_matrix(
    observed: ObservedIrfs<'_>,
    direction: &SkyDirection,
    edges: &[f64],
    n_extra: usize,
) -> Result<Array2<f64>> {
    let livetime = observed.livetime;
    let extended = EnergyAxis::new(edges.to_vec())?.extended(n_extra)?;
    // The tools take the mean over the azimuth here, whatever the cube has.
    let times = livetime.at(direction)?.by_inclination();
    let weights = trapezoid(livetime.cosines());
    let weights: Vec<f64> = weights.iter().zip(&times).map(|(weight, time)| weight * time).collect();
    let row = |true_bin: &[f64]| {
        let energy = (true_bin[0] * true_bin[1]).sqrt();
        row(observed, &weights, energy, edges)
    };
    let rows: Vec<Vec<f64>> = extended.edges().par_windows(2).map(row).collect::<Result<_>>()?;
    Ok(Array2::from_shape_fn((rows.len(), edges.len() - 1), |(l, k)| rows[l][k]))
}

/// Probabilities of the measured bins for one true energy.
fn row(observed: ObservedIrfs<'_>, weights: &[f64], energy: f64, edges: &[f64]) -> Result<Vec<f64>> {
    let ObservedIrfs { livetime, irfs, recipe, tables } = observed;
    let mut sums = vec![0.0; edges.len() - 1];
    let mut total = 0.0;
    for (number, irf) in irfs.iter().enumerate() {
        let dispersion =
            irf.dispersion.as_ref().ok_or_else(|| Error::NoDispersion { event_type: irf.event_type.clone() })?;
        for (inclination, (&cosine, weight)) in livetime.cosines().iter().zip(weights).enumerate() {
            let known = tables.and_then(|tables| tables.dispersion(number, energy, inclination, edges));
            let exposure = weight * known.map_or_else(|| irf.effective_area.value(energy, cosine), |(area, _)| area);
            if exposure == 0.0 {
                continue;
            }
            total += exposure;
            let cumulative = match known {
                Some((_, cumulative)) => Cow::Borrowed(cumulative),
                None => Cow::Owned(dispersion.cumulative(energy, cosine, edges, recipe.on_axis_width)?),
            };
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
