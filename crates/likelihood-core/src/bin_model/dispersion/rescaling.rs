//! Energy dispersion by rescaling: every source's counts in a bin times the ratio of its measured to its true counts there.
//!
//! With `U_k` a source's true counts in the measured bins, `|n|` more extrapolated on either side, and the response `D`, its measured
//! counts are `C_k = sum_l U_l D[l][k]` (0 where that is negative), and its model of a pixel is `M_ik = xi_k M^true_ik`, `xi_k =
//! C_k / U_k`. The model of a pixel is thus `m_ik a_k + m_i,k+1 b_k`, with `a_k = C_k S-_k / U_k` and `b_k = C_k S+_k / U_k`: two numbers
//! a bin, the *nodes*, that depend on the spectrum alone. They are written once here, over numbers that carry derivatives.

use num_dual::{Dual64, DualNum, HyperDual64};

use super::Dispersion;
use crate::data::energy::EnergyAxis;

/// A number that carries no, first or second derivatives.
pub(crate) trait Number: DualNum<Primitive = f64> + Copy {}
impl Number for f64 {}
impl Number for Dual64 {}
impl Number for HyperDual64 {}

/// The sums of a source's map that its true counts come from.
#[derive(Clone, Copy)]
pub(crate) struct TrueCounts<'a> {
    /// Sum over all pixels of the plane at each edge, those of a window of energy dispersion included.
    pub(crate) plane_sums: &'a [f64],
    /// The bin whose planes stand for those of each bin: itself, or the next lower one with planes that are not empty.
    pub(crate) reference: &'a [Option<usize>],
}

/// The response and the extrapolation of one component.
#[derive(Clone, Debug)]
pub(crate) struct Rescaling {
    /// `[true bin][measured bin]`.
    response: Vec<f64>,
    bins: usize,
    extra: usize,
    low: Extrapolation,
    high: Extrapolation,
    frozen: bool,
}

impl Rescaling {
    pub(crate) fn new(dispersion: &Dispersion, axis: &EnergyAxis) -> Self {
        let edges = axis.edges();
        // Beyond the first bin, and the two edges after it; beyond the last bin, and the two edges before it.
        let from_end = |i: usize| edges.len().checked_sub(i).and_then(|at| edges.get(at)).copied();
        Self {
            response: dispersion.response().matrix().iter().copied().collect(),
            bins: axis.n_bins(),
            extra: dispersion.n_extra(),
            low: Extrapolation::new([edges.first().copied(), edges.get(1).copied(), edges.get(2).copied()], 1e-4),
            high: Extrapolation::new([from_end(1), from_end(2), from_end(3)], 1e-10),
            frozen: dispersion.has_frozen_ratios(),
        }
    }

    /// How many nodes a source has.
    pub(crate) fn n_nodes(&self) -> usize {
        2 * self.bins
    }

    /// The nodes of a source, two a bin, for its spectrum's integrals of the bins, `S-` and `S+` of one bin after the other.
    ///
    /// `shape` is the same again; where that is zero everywhere, its derivative with respect to the norm, whose ratios hold at zero
    /// norm too.
    pub(crate) fn nodes<D: Number>(&self, integrals: &[D], shape: &[D], sums: TrueCounts<'_>) -> Vec<D> {
        let measured = self.measured(&self.counts(integrals, sums));
        let mut nodes = Vec::with_capacity(2 * self.bins);
        for (k, &counts) in measured.iter().enumerate() {
            let Some(reference) = sums.reference.get(k).copied().flatten() else {
                // Nothing to take a ratio to: the true counts, which are none.
                nodes.extend(of_bin(integrals, k));
                continue;
            };
            let at_edges = of_bin(shape, reference);
            let planes = [sums.plane_sums[reference], sums.plane_sums[reference + 1]];
            let total = at_edges[0] * planes[0] + at_edges[1] * planes[1];
            if total.re() > NO_COUNTS {
                if self.frozen && D::NDERIV > 0 {
                    let ratio = counts.re() / total.re();
                    nodes.extend(at_edges.map(|at_edge| at_edge * ratio));
                } else {
                    // Scaled to 1, as the squares of small counts would underflow in the derivatives.
                    let scale = 1.0 / total.re();
                    let per_plane = counts / (total * scale);
                    nodes.extend(at_edges.map(|at_edge| per_plane * (at_edge * scale)));
                }
            } else if planes[0] > 0.0 {
                nodes.extend([counts / planes[0], D::from(0.0)]);
            } else if planes[1] > 0.0 {
                nodes.extend([D::from(0.0), counts / planes[1]]);
            } else {
                nodes.extend(of_bin(integrals, k));
            }
        }
        nodes
    }

    /// True counts in each bin, from the lowest extrapolated to the highest.
    fn counts<D: Number>(&self, integrals: &[D], sums: TrueCounts<'_>) -> Vec<D> {
        let own = (0..self.bins).map(|k| {
            let [lower, upper] = of_bin(integrals, k);
            lower * sums.plane_sums[k] + upper * sums.plane_sums[k + 1]
        });
        let mut counts = vec![D::from(0.0); self.extra];
        counts.extend(own);
        let (first, second) = (self.extra, self.extra + usize::from(self.bins > 1));
        let mut beyond = (counts[first], counts[second]);
        for l in (0..self.extra).rev() {
            counts[l] = self.low.next(beyond.0, beyond.1);
            beyond = (counts[l], beyond.0);
        }
        let last = self.extra + self.bins - 1;
        let mut beyond = (counts[last], counts[last - usize::from(self.bins > 1)]);
        for _ in 0..self.extra {
            let next = self.high.next(beyond.0, beyond.1);
            counts.push(next);
            beyond = (next, beyond.0);
        }
        counts
    }

    /// Counts in the measured bins; what comes out negative (of an extrapolation) is 0.
    fn measured<D: Number>(&self, counts: &[D]) -> Vec<D> {
        let mut measured = vec![D::from(0.0); self.bins];
        for (&count, row) in counts.iter().zip(self.response.chunks_exact(self.bins)) {
            for (sum, &probability) in measured.iter_mut().zip(row) {
                if probability != 0.0 {
                    *sum += count * probability;
                }
            }
        }
        for sum in &mut measured {
            if sum.re() < 0.0 {
                *sum = D::from(0.0);
            }
        }
        measured
    }
}

/// The weights of the two planes of a bin.
fn of_bin<D: Number>(integrals: &[D], bin: usize) -> [D; 2] {
    [integrals[2 * bin], integrals[2 * bin + 1]]
}

/// Counts below which a bin is as good as empty: their ratios to others have no meaning in double precision.
const NO_COUNTS: f64 = 1e-200;

/// Counts of the next bin beyond the range from the outermost two: a power law where both are above a threshold, else a straight line.
/// The exponent is that of the outermost bins, for all bins beyond.
#[derive(Clone, Copy, Debug)]
struct Extrapolation {
    power: f64,
    linear: f64,
    threshold: f64,
}

impl Extrapolation {
    /// `edges`: the outermost edge, then the next two inwards. With one energy bin alone its counts are continued.
    fn new(edges: [Option<f64>; 3], threshold: f64) -> Self {
        match edges {
            [Some(e0), Some(e1), Some(e2)] => {
                Self { power: (e0 / e2).ln() / (e1 / e2).ln(), linear: (e0 - e2) / (e1 - e2), threshold }
            }
            _ => Self { power: 1.0, linear: 1.0, threshold },
        }
    }

    fn next<D: Number>(&self, outermost: D, inner: D) -> D {
        if outermost.re() > self.threshold && inner.re() > self.threshold {
            inner * ((outermost / inner).ln() * self.power).exp()
        } else {
            (outermost - inner) * self.linear + inner
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bin_model::dispersion::response::DetectorResponse;

    fn toy(bins: i64) -> (Rescaling, EnergyAxis) {
        let matrix = ndarray::array![
            [0.20, 0.02, 0.00],
            [0.75, 0.13, 0.01],
            [0.10, 0.78, 0.12],
            [0.01, 0.12, 0.77],
            [0.00, 0.02, 0.15]
        ];
        let axis = EnergyAxis::new(vec![100.0, 300.0, 1000.0, 3000.0]).unwrap();
        let dispersion = Dispersion::from_bins(&DetectorResponse::new(matrix).unwrap(), bins).unwrap().unwrap();
        (Rescaling::new(&dispersion, &axis), axis)
    }

    /// The worked example of the LAT likelihood: true counts, extrapolated counts and ratios of its two sources.
    #[test]
    fn the_ratios_of_the_worked_example() {
        let (rescaling, axis) = toy(-1);
        let rule = axis.log_trapezoid();
        let power_law = |norm: f64, index: f64| -> Vec<f64> {
            let at = |k: usize| norm * (axis.edges()[k] / 1000.0f64).powf(index);
            (0..3).flat_map(|k| [at(k) * rule.lower[k], at(k + 1) * rule.upper[k]]).collect()
        };
        let reference = [Some(0), Some(1), Some(2)];
        let cases = [
            (
                power_law(2e-12, -2.0),
                [2.0, 3.0, 4.0, 5.0].map(|p| p * 1.25e10),
                [759.64688, 411.97961, 210.69524, 77.81837, 31.359149],
                [1.1718099, 1.1535997, 1.2082911],
            ),
            (
                power_law(5e-12, -2.4),
                [1.1, 1.2, 1.3, 1.4].map(|p| p * 4e9),
                [1328.3905, 374.68534, 93.603809, 17.585676, 3.8244515],
                [1.4845213, 1.6075697, 1.6544117],
            ),
        ];
        for (integrals, plane_sums, counts, ratios) in cases {
            let sums = TrueCounts { plane_sums: &plane_sums, reference: &reference };
            for (found, expected) in rescaling.counts(&integrals, sums).iter().zip(counts) {
                approx::assert_relative_eq!(*found, expected, max_relative = 5e-8);
            }
            let nodes = rescaling.nodes(&integrals, &integrals, sums);
            for k in 0..3 {
                let [lower, upper] = of_bin(&integrals, k);
                approx::assert_relative_eq!(nodes[2 * k] / lower, ratios[k], max_relative = 5e-8);
                approx::assert_relative_eq!(nodes[2 * k + 1] / upper, ratios[k], max_relative = 5e-8);
            }
        }
    }

    #[test]
    fn small_counts_are_continued_by_a_straight_line_and_negative_ones_are_none() {
        let (rescaling, _) = toy(-1);
        let (low, high) = (rescaling.low, rescaling.high);
        // (E0 - E2)/(E1 - E2) is 900/700 on the low side; on the high side it is 2700/700.
        approx::assert_relative_eq!(low.next(5e-5, 1e-5), 4e-5 * 9.0 / 7.0 + 1e-5, max_relative = 1e-14);
        assert_eq!(low.next(0.0, 0.0), 0.0);
        approx::assert_relative_eq!(high.next(0.0, 1e-3), 1e-3 - 1e-3 * 2.7 / 0.7, max_relative = 1e-13);
        assert!(high.next(1e-9, 1e-8) > 0.0, "a power law down to 1e-10 on the high side");
        let (rescaling, _) = toy(-1);
        assert_eq!(rescaling.measured(&[0.0, -1.0, -1.0, 0.5, 0.0])[0], 0.0);
    }

    /// Derivatives of the nodes along a change of index, for counts that are extrapolated by a power law and by a straight line.
    #[test]
    fn derivatives_agree_with_finite_differences_for_many_and_for_few_counts() {
        let (rescaling, axis) = toy(-1);
        let rule = axis.log_trapezoid();
        let plane_sums = [2.0, 3.0, 4.0, 5.0].map(|p| p * 1.25e10);
        let sums = TrueCounts { plane_sums: &plane_sums, reference: &[Some(0), Some(1), Some(2)] };
        for norm in [2e-12, 2e-19, 1e-21] {
            let at = |index: f64, k: usize| {
                let (x, f) = ((axis.edges()[k] / 1000.0).ln(), norm * (axis.edges()[k] / 1000.0).powf(index));
                HyperDual64::new(f, f * x, f * x, f * x * x)
            };
            let integrals = |index: f64| -> Vec<HyperDual64> {
                let of_bin = |k: usize| [at(index, k) * rule.lower[k], at(index, k + 1) * rule.upper[k]];
                (0..3).flat_map(of_bin).collect()
            };
            let value = |index: f64| -> Vec<f64> {
                let integrals: Vec<f64> = integrals(index).iter().map(|integral| integral.re).collect();
                rescaling.nodes(&integrals, &integrals, sums)
            };
            let dual = integrals(-2.0);
            let nodes = rescaling.nodes(&dual, &dual, sums);
            let h = 1e-4;
            let (up, middle, down) = (value(-2.0 + h), value(-2.0), value(-2.0 - h));
            for (k, node) in nodes.iter().enumerate() {
                approx::assert_relative_eq!(node.re, middle[k], max_relative = 1e-14);
                approx::assert_relative_eq!(node.eps1, (up[k] - down[k]) / (2.0 * h), max_relative = 1e-6);
                let second = (up[k] - 2.0 * middle[k] + down[k]) / (h * h);
                approx::assert_relative_eq!(node.eps1eps2, second, max_relative = 1e-4);
            }
        }
    }
}
