//! Sums over many separations of what a table has there: points that lie between the same nodes are put together first.

use std::ops::Range;

use multiversion::multiversion;

use super::psf_planes::PsfPlanes;

/// What a sum over separations takes of each node of a table. A sum of values, `sum w_i p(theta_i)`, and one of slopes are linear in the values at the
/// nodes; so the planes are read once for all points, however many there are.
#[derive(Clone, Debug)]
pub(crate) struct NodeWeights {
    weights: Vec<f64>,
    /// The nodes that have a weight.
    touched: Range<usize>,
}

impl NodeWeights {
    /// Without a point, for tables with so many nodes.
    pub(crate) fn new(n_nodes: usize) -> Self {
        Self { weights: vec![0.0; n_nodes], touched: n_nodes..0 }
    }

    fn touch(&mut self, low: usize) {
        self.touched = self.touched.start.min(low)..self.touched.end.max(low + 2);
    }

    /// Adds the value at a separation in degrees, times a weight.
    pub(crate) fn add_value(&mut self, table: &PsfPlanes, theta: f64, weight: f64) {
        let Some((low, fraction)) = table.bracket(theta) else { return };
        let Some([a, b]) = self.weights.get_mut(low..).and_then(|rest| rest.first_chunk_mut()) else { return };
        *a += weight * (1.0 - fraction);
        *b += weight * fraction;
        self.touch(low);
    }

    /// Adds the values at several separations.
    pub(crate) fn add_values(&mut self, table: &PsfPlanes, thetas: &[f64]) {
        for &theta in thetas {
            self.add_value(table, theta, 1.0);
        }
    }

    /// Adds the sums to those of some planes, from `first` on, and starts anew.
    pub(crate) fn take(&mut self, table: &PsfPlanes, first: usize, sums: &mut [f64]) {
        let touched = self.touched.start..self.touched.end.min(self.weights.len());
        if let Some(weights) = self.weights.get_mut(touched.clone()) {
            let n = table.n_planes();
            if let Some(rows) = table.values().get(touched.start * n..touched.end * n) {
                combine(rows, (n, first), weights, sums);
            }
            weights.fill(0.0);
        }
        self.touched = self.weights.len()..0;
    }
}

/// Sums of slopes, to the east and to the north, beside the sum of values of a second table over the same nodes.
#[derive(Clone, Debug)]
pub(crate) struct SlopeWeights {
    east: NodeWeights,
    north: NodeWeights,
    values: NodeWeights,
}

impl SlopeWeights {
    pub(crate) fn new(n_nodes: usize) -> Self {
        let none = NodeWeights::new(n_nodes);
        Self { east: none.clone(), north: none.clone(), values: none }
    }

    /// Adds the slope at a separation in degrees, times how the separation changes to the east and to the north, and the value there.
    pub(crate) fn add(&mut self, table: &PsfPlanes, theta: f64, [east, north]: [f64; 2]) {
        let Some((low, fraction)) = table.bracket(theta) else { return };
        let density = table.density(low);
        let steps =
            [(-east * density, east * density), (-north * density, north * density), (1.0 - fraction, fraction)];
        for (own, (below, above)) in [&mut self.east, &mut self.north, &mut self.values].into_iter().zip(steps) {
            let Some([a, b]) = own.weights.get_mut(low..).and_then(|rest| rest.first_chunk_mut()) else { return };
            *a += below;
            *b += above;
            own.touch(low);
        }
    }

    /// Adds the sums to those of some planes, from `first` on, and starts anew: slopes of `table`, values of `change`.
    pub(crate) fn take(
        &mut self,
        (table, change): (&PsfPlanes, Option<&PsfPlanes>),
        first: usize,
        [east, north, values]: [&mut [f64]; 3],
    ) {
        self.east.take(table, first, east);
        self.north.take(table, first, north);
        self.values.take(change.unwrap_or(table), first, if change.is_some() { values } else { &mut [] });
    }
}

/// Adds `sum_i weights[i] rows[i][first + k]` to `sums[k]`.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
fn combine(rows: &[f64], (n_planes, first): (usize, usize), weights: &[f64], sums: &mut [f64]) {
    let last = first + sums.len();
    for (row, &weight) in rows.chunks_exact(n_planes).zip(weights) {
        let Some(row) = row.get(first..last) else { return };
        if weight != 0.0 {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_by_nodes_is_the_sum_over_the_points() {
        let thetas: Vec<f64> = (0..40).map(|i| 0.01 * f64::from(i * i)).collect();
        let values: Vec<f64> = (0..120).map(|i| (f64::from(i) * 0.7).sin() + 2.0).collect();
        let (psf, change) = (
            PsfPlanes::new(thetas.clone(), 3, values.clone()).unwrap(),
            PsfPlanes::tabulated(thetas, 3, values.iter().map(|value| value - 2.0).collect()),
        );
        let points: Vec<(f64, [f64; 2])> =
            (0..50).map(|i| (0.37 * f64::from(i), [f64::from(i).cos(), f64::from(i).sin()])).collect();
        let (mut nodes, mut slopes) = (NodeWeights::new(40), SlopeWeights::new(40));
        // Twice: what was taken is gone.
        for _ in 0..2 {
            let (mut expected, mut found) = (vec![0.0; 2], vec![0.0; 2]);
            let (mut east, mut north, mut table) = (vec![0.0; 2], vec![0.0; 2], vec![0.0; 2]);
            let (mut found_east, mut found_north, mut found_table) = (vec![0.0; 2], vec![0.0; 2], vec![0.0; 2]);
            for &(theta, along) in &points {
                psf.add(theta, 1, &mut expected);
                nodes.add_value(&psf, theta, 1.0);
                psf.add_slopes(theta, 1, along, [&mut east, &mut north]);
                change.add(theta, 1, &mut table);
                slopes.add(&psf, theta, along);
            }
            nodes.take(&psf, 1, &mut found);
            slopes.take((&psf, Some(&change)), 1, [&mut found_east, &mut found_north, &mut found_table]);
            for (expected, found) in
                [(&expected, &found), (&east, &found_east), (&north, &found_north), (&table, &found_table)]
            {
                for (expected, found) in expected.iter().zip(found) {
                    approx::assert_relative_eq!(*expected, *found, max_relative = 1e-11, epsilon = 1e-11);
                }
            }
        }
        // Beyond the table there is nothing.
        nodes.add_values(&psf, &[100.0]);
        let mut none = [0.0];
        nodes.take(&psf, 0, &mut none);
        assert_eq!(none, [0.0]);
    }
}
