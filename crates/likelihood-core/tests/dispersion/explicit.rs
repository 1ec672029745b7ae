//! The likelihood and its predicted counts from their definitions, pixel by pixel and bin by bin.

use likelihood_core::{EnergyAxis, EnergyIntegration, Settings};
use ndarray::{Array3, Axis};
use roi_model::{Roi, Source};

use super::{EDGES, counts, maps, response};

/// `logL` and predicted counts (plain, weighted), pixel by pixel and bin by bin from the definitions.
pub(crate) fn explicit(roi: &Roi, settings: &Settings) -> (f64, f64, f64) {
    let axis = EnergyAxis::new(EDGES.to_vec()).unwrap();
    let wide = axis.extended(1).unwrap();
    let rule = wide.log_trapezoid();
    let drm = response().matrix().clone();
    let counts = counts();
    let (mut loglike, mut npred, mut npred_wt) = (0.0, 0.0, 0.0);
    let mut model = Array3::<f64>::zeros((3, 1, 2));
    for (name, map) in maps() {
        let source = roi.source(name).unwrap();
        let mut spectrum = vec![0.0; 6];
        source.spectrum().evaluate(wide.edges(), &mut spectrum).unwrap();
        // True counts of the wide axis's bins, by pixel.
        let truth = Array3::from_shape_fn((5, 1, 2), |(l, y, x)| {
            if settings.energy_integration == EnergyIntegration::Quadrature {
                let [sums, pixel] =
                    [l, l + 1].map(|k| [map.index_axis(Axis(0), k).sum(), map[[k, y, x]]].map(f64::from));
                return fine_integral(source, [l, l + 1].map(|k| wide.edges()[k]), [sums, pixel]);
            }
            f64::from(map[[l, y, x]]) * spectrum[l] * rule.lower[l]
                + f64::from(map[[l + 1, y, x]]) * spectrum[l + 1] * rule.upper[l]
        });
        let dispersed = settings.dispersion.as_ref().filter(|d| source.apply_edisp() && !d.excepts(name));
        let total = |l: usize| truth[[l, 0, 0]] + truth[[l, 0, 1]];
        for k in 0..3 {
            for x in 0..2 {
                model[[k, 0, x]] += match dispersed {
                    None => truth[[k + 1, 0, x]],
                    Some(d) if d.n_extra() == 1 && matches!(d.mode(), likelihood_core::DispersionMode::Window) => {
                        (k..k + 3).map(|l| drm[[l, k]] * truth[[l, 0, x]]).sum()
                    }
                    Some(_) => {
                        let [c0, c1, c2] = [total(1), total(2), total(3)];
                        let low = c1 * (c0 / c1).powf((EDGES[0] / EDGES[2]).ln() / (EDGES[1] / EDGES[2]).ln());
                        let high = c1 * (c2 / c1).powf((EDGES[3] / EDGES[1]).ln() / (EDGES[2] / EDGES[1]).ln());
                        let measured: f64 =
                            [low, c0, c1, c2, high].iter().enumerate().map(|(l, u)| u * drm[[l, k]]).sum();
                        measured / total(k + 1) * truth[[k + 1, 0, x]]
                    }
                };
            }
        }
    }
    for (at, &m) in model.indexed_iter() {
        let w = settings.weights.as_ref().map_or(1.0, |w| f64::from(w.values()[at]));
        let n = f64::from(counts.counts()[at]);
        npred += m;
        npred_wt += w * m;
        loglike += w * if n > 0.0 { n * m.ln() - m } else { -m };
    }
    (loglike, npred, npred_wt)
}

/// Simpson's rule over many steps in ln E. `planes`: at either edge the sum over the pixels, which goes with a power law between them, and
/// the pixel's value, whose share of the sum goes with a straight line.
fn fine_integral(source: &Source, edges: [f64; 2], planes: [[f64; 2]; 2]) -> f64 {
    const STEPS: i32 = 400;
    let [[sum0, pixel0], [sum1, pixel1]] = planes;
    let width = (edges[1] / edges[0]).ln();
    let at = |step: i32| {
        let t = f64::from(step) / f64::from(STEPS);
        let energy = edges[0] * (edges[1] / edges[0]).powf(t);
        let share = pixel0 / sum0 + t * (pixel1 / sum1 - pixel0 / sum0);
        let factor = if step == 0 || step == STEPS { 1.0 } else { f64::from(2 + 2 * (step % 2)) };
        factor * energy * source.spectrum().dnde(energy).unwrap() * sum0.powf(1.0 - t) * sum1.powf(t) * share
    };
    (0..=STEPS).map(at).sum::<f64>() * width / f64::from(STEPS) / 3.0
}
