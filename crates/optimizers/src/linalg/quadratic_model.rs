//! The quadratic model of an objective around a point, `g·p + ½ p·H p`, and its minimum within bounds.

use crate::linalg;
use ndarray::Array2;

/// A symmetric matrix made positive definite, and how far it was from that.
#[derive(Debug, Clone)]
pub(crate) struct Definite {
    /// Positive definite; equal to the original when that was.
    pub(crate) matrix: Array2<f64>,
    /// Smallest over largest eigenvalue of the original, after scaling its diagonal to ±1.
    pub(crate) ratio: f64,
    /// Direction of the original's smallest eigenvalue, of the length over which the model changes by ±½.
    pub(crate) weakest: Vec<f64>,
    /// The share of each parameter's variance that is due to eigenvalues that had to be replaced.
    pub(crate) replaced: Vec<f64>,
}

/// Square roots of the diagonal as natural units. A parameter takes its fallback where its own curvature says nothing:
/// it vanishes, or falls short of what the curvatures across other parameters allow.
fn units(h: &Array2<f64>, fallback: &[f64]) -> Vec<f64> {
    let root: Vec<f64> = h.diag().iter().map(|d| d.abs().sqrt()).collect();
    (0..root.len())
        .map(|i| {
            let overruled = (0..root.len()).any(|j| j != i && h[[i, j]].abs() > 2.0 * root[i] * root[j]);
            if overruled {
                root[i].max(fallback[i])
            } else if root[i].is_normal() {
                root[i]
            } else {
                fallback[i]
            }
        })
        .collect()
}

/// Replaces eigenvalues below `floor` times the largest by their absolute value, or by that floor.
///
/// `fallback` gives the units (inverse lengths) of parameters without curvature. `None` when `h` is not finite.
pub(crate) fn positive_definite(h: &Array2<f64>, fallback: &[f64], floor: f64) -> Option<Definite> {
    let n = h.nrows();
    let unit = units(h, fallback);
    let scaled = Array2::from_shape_fn((n, n), |(i, j)| h[[i, j]] / (unit[i] * unit[j]));
    let (values, vectors) = linalg::symmetric_eigen(&scaled)?;
    let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let Some(&smallest) = values.first() else {
        return Some(Definite { matrix: h.clone(), ratio: 1.0, weakest: Vec::new(), replaced: Vec::new() });
    };
    let ratio = if largest > 0.0 { smallest / largest } else { 0.0 };
    let length = if smallest == 0.0 { 1.0 } else { smallest.abs().sqrt().recip() };
    let weakest = (0..n).map(|i| length * vectors[[i, 0]] / unit[i]).collect();
    if ratio > floor {
        return Some(Definite { matrix: h.clone(), ratio, weakest, replaced: vec![0.0; n] });
    }
    let lowest = if largest > 0.0 { floor * largest } else { 1.0 };
    let lifted = values.mapv(|v| v.abs().max(lowest));
    let replaced = (0..n)
        .map(|i| {
            let part = |k: usize| vectors[[i, k]].powi(2) / lifted[k];
            let all: f64 = (0..n).map(part).sum();
            (0..n).filter(|&k| values[k] <= floor * largest).map(part).sum::<f64>() / all
        })
        .collect();
    let rebuilt = (&vectors * &lifted).dot(&vectors.t());
    let matrix = Array2::from_shape_fn((n, n), |(i, j)| 0.5 * (rebuilt[[i, j]] + rebuilt[[j, i]]) * unit[i] * unit[j]);
    Some(Definite { matrix, ratio, weakest, replaced })
}

/// Inverse of `h` after making it positive definite.
pub(crate) fn forced_inverse(h: &Array2<f64>, fallback: &[f64], floor: f64) -> Option<Array2<f64>> {
    linalg::inverse(&positive_definite(h, fallback, floor)?.matrix)
}

/// The minimum of a quadratic model in a box, see [`minimize_in_box`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Step {
    /// The step to it.
    pub p: Vec<f64>,
    /// How much lower the model is there; never negative.
    pub decrease: f64,
    /// Whether the parameter ends on a face of the box that holds it back.
    pub held: Vec<bool>,
}

/// Minimises `g·p + ½ p·H p` over `lower <= p <= upper` (a box that contains 0) by a primal active-set method
/// (J. Nocedal, S. Wright, Numerical Optimization, 2nd ed., section 16.5). All slices have the length of `g`.
///
/// `None` when `H` is not positive definite on the parameters that are free to move, or a number is not finite.
///
/// ```
/// let h = ndarray::array![[2.0, 1.0], [1.0, 2.0]];
/// let step = optimizers::minimize_in_box(&h, &[-1.0, 1.0], &[0.0, 0.0], &[0.25, 9.0]).expect("positive definite");
/// // The first is stopped by its bound, the second would rather go below its own.
/// assert_eq!((&step.p[..], &step.held[..]), (&[0.25, 0.0][..], &[true, true][..]));
/// ```
pub fn minimize_in_box(h: &Array2<f64>, g: &[f64], lower: &[f64], upper: &[f64]) -> Option<Step> {
    let n = g.len();
    let unit = units(h, &vec![1.0; n]);
    let mut p = vec![0.0; n];
    let mut held: Vec<bool> = (0..n).map(|i| lower[i] >= 0.0 && g[i] > 0.0 || upper[i] <= 0.0 && g[i] < 0.0).collect();
    for _ in 0..20 + 6 * n {
        let moving: Vec<usize> = (0..n).filter(|&i| !held[i]).collect();
        let slope: Vec<f64> = (0..n).map(|i| g[i] + (0..n).map(|j| h[[i, j]] * p[j]).sum::<f64>()).collect();
        let m = moving.len();
        let block =
            Array2::from_shape_fn((m, m), |(a, b)| h[[moving[a], moving[b]]] / (unit[moving[a]] * unit[moving[b]]));
        let rhs: Vec<f64> = moving.iter().map(|&i| -slope[i] / unit[i]).collect();
        let direction = linalg::solve(&block, &rhs)?;
        // The longest step along the direction that keeps every moving parameter inside.
        let mut longest = 1.0;
        let mut blocking = None;
        for (&i, q) in moving.iter().zip(&direction) {
            let d = q / unit[i];
            let limit = if d < 0.0 { lower[i] } else { upper[i] };
            if d != 0.0 && limit - p[i] != d && (limit - p[i]) / d < longest {
                longest = ((limit - p[i]) / d).max(0.0);
                blocking = Some((i, limit));
            }
        }
        for (&i, q) in moving.iter().zip(&direction) {
            p[i] = (p[i] + longest * q / unit[i]).clamp(lower[i], upper[i]);
        }
        if let Some((i, limit)) = blocking {
            p[i] = limit;
            held[i] = true;
            continue;
        }
        // At the minimum over the moving ones: release the held parameter that pulls inwards hardest.
        let mut worst = (0.0, None);
        // One without room stays: released, it would be stopped at once, again and again.
        for i in (0..n).filter(|&i| held[i] && lower[i] < upper[i]) {
            let slope = g[i] + (0..n).map(|j| h[[i, j]] * p[j]).sum::<f64>();
            let inward = if p[i] <= lower[i] { -slope } else { slope } / unit[i];
            if inward > worst.0 * (1.0 + 1e-12) && inward > 1e-14 * g[i].abs() / unit[i] {
                worst = (inward, Some(i));
            }
        }
        match worst.1 {
            Some(i) => held[i] = false,
            None => break,
        }
    }
    let decrease = -model(h, g, &p);
    decrease.is_finite().then(|| Step { p, decrease: decrease.max(0.0), held })
}

/// `g·p + ½ p·H p`.
pub(crate) fn model(h: &Array2<f64>, g: &[f64], p: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..p.len() {
        let row: f64 = (0..p.len()).map(|j| h[[i, j]] * p[j]).sum();
        sum += p[i] * (g[i] + 0.5 * row);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    const INF: f64 = f64::INFINITY;

    #[test]
    fn a_parameter_without_room_keeps_no_other_from_its_release() {
        let h = array![[1.0, 0.0, 0.0], [0.0, 2.0, -1.0], [0.0, -1.0, 2.0]];
        // The first pulls hardest and cannot move; the second is held until the third has moved.
        let step = minimize_in_box(&h, &[-100.0, 0.5, -4.0], &[0.0, 0.0, -INF], &[0.0, INF, INF]).unwrap();
        assert!((step.p[1] - 1.0).abs() < 1e-12 && (step.p[2] - 2.5).abs() < 1e-12, "{:?}", step.p);
        assert_eq!((step.p[0], &step.held[..]), (0.0, &[true, false, false][..]));
    }

    #[test]
    fn without_bounds_it_is_the_newton_step() {
        let h = array![[4.0, 1.0], [1.0, 3.0]];
        let step = minimize_in_box(&h, &[1.0, 2.0], &[-INF; 2], &[INF; 2]).unwrap();
        assert!((step.p[0] + 1.0 / 11.0).abs() < 1e-15 && (step.p[1] + 7.0 / 11.0).abs() < 1e-15);
        assert!((step.decrease - 0.5 * 15.0 / 11.0).abs() < 1e-15);
    }

    #[test]
    fn indefinite_matrices_are_refused_and_repaired() {
        let h = array![[1.0, 2.0], [2.0, 1.0]];
        assert!(minimize_in_box(&h, &[1.0, 1.0], &[-INF; 2], &[INF; 2]).is_none());
        let repaired = positive_definite(&h, &[1.0; 2], 1e-6).unwrap();
        assert!((repaired.ratio + 1.0 / 3.0).abs() < 1e-14);
        assert!(linalg::cholesky(&repaired.matrix).is_some());
        // The weakest direction is (1, -1).
        assert!((repaired.weakest[0] + repaired.weakest[1]).abs() < 1e-14);
        let flat = positive_definite(&array![[0.0, 0.0], [0.0, 2.0]], &[3.0; 2], 1e-6).unwrap();
        assert!(flat.ratio.abs() < 1e-15 && linalg::cholesky(&flat.matrix).is_some());
    }

    proptest! {
        /// Karush-Kuhn-Tucker conditions of the box-constrained minimum, on random positive definite matrices.
        #[test]
        fn the_optimality_conditions_hold(
            entries in prop::collection::vec(-1.0..1.0_f64, 25),
            g in prop::collection::vec(-3.0..3.0_f64, 5),
            low in prop::collection::vec(-1.0..0.0_f64, 5),
            high in prop::collection::vec(0.0..1.0_f64, 5),
        ) {
            let a = Array2::from_shape_vec((5, 5), entries).unwrap();
            let h = a.dot(&a.t()) + Array2::<f64>::eye(5) * 0.1;
            let step = minimize_in_box(&h, &g, &low, &high).unwrap();
            for i in 0..5 {
                prop_assert!((low[i]..=high[i]).contains(&step.p[i]));
                let slope = g[i] + h.row(i).iter().zip(&step.p).map(|(a, b)| a * b).sum::<f64>();
                if step.p[i] == low[i] {
                    prop_assert!(slope > -1e-9, "{slope}");
                } else if step.p[i] == high[i] {
                    prop_assert!(slope < 1e-9, "{slope}");
                } else {
                    prop_assert!(slope.abs() < 1e-9, "{slope}");
                }
            }
        }
    }
}
