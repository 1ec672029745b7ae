//! From a PSF table as a file holds it to the PSF at the energies of the planes.
//!
//! The LAT tools compute the mean PSF at 401 separations and draw straight lines between them; a gtpsf file holds points of those lines at
//! separations of its own. Here the values at the tools' own nodes are found again, so that their lines can be drawn as they draw them. A
//! table that is given at those nodes is kept as it is.

use likelihood_core::is_same_energy;
use numerics::Spline;

use super::psf_planes::PsfPlanes;
use super::psf_table::Psf;
use crate::error::{Error, Result};
use crate::geometry::rings;

/// A table may be used this factor beyond its energies, which the extra planes of energy dispersion need.
const REACH: f64 = 3.0;
/// The last separation of the LAT tools' table, degrees.
const LAST_THETA: f64 = 70.0;

/// The separations at which the LAT tools tabulate a mean PSF: 0, and `n` from 1e-4 to 70 deg at equal steps of the logarithm; theirs
/// are 400.
pub fn separations(n: usize) -> Vec<f64> {
    let step = (LAST_THETA / 1e-4).ln() / (n.max(2) - 1) as f64;
    let mut nodes: Vec<f64> =
        std::iter::once(0.0).chain((0..n.max(2)).map(|i| 1e-4 * (step * i as f64).exp())).collect();
    if let Some(last) = nodes.last_mut() {
        *last = LAST_THETA;
    }
    nodes
}

impl Psf {
    /// The PSF at the energies of the planes (MeV) over `nodes` of separation (degrees).
    ///
    /// At an energy of the table the values are the table's. Between two energies the width of the PSF (half containment) is a power law of
    /// the energy, and its shape in units of that width is the geometric mean of the two; beyond the table, by at most a factor of three,
    /// the width goes on and the shape stays. Beyond the table's last separation the PSF falls as a power law, the tail that the LAT's
    /// PSF has.
    ///
    /// # Errors
    /// [`Error::Energy`] for an energy that is further from the table.
    pub fn planes(&self, energies: &[f64], nodes: &[f64]) -> Result<PsfPlanes> {
        let rows: Vec<Vec<f64>> = self.values().outer_iter().map(|row| self.at_nodes(&row.to_vec(), nodes)).collect();
        let n = energies.len();
        let mut values = vec![0.0; n * nodes.len()];
        for (plane, &energy) in energies.iter().enumerate() {
            let row = self.row_at(energy, &rows, nodes)?;
            for (t, value) in row.into_iter().enumerate() {
                values[t * n + plane] = value;
            }
        }
        PsfPlanes::new(nodes.to_vec(), n, values)
    }

    /// The values at `nodes` between which straight lines pass through the table's points.
    fn at_nodes(&self, row: &[f64], nodes: &[f64]) -> Vec<f64> {
        if self.thetas() == nodes {
            return row.to_vec();
        }
        let mut points = row.to_vec();
        let mut found = smooth(self.thetas(), &points, nodes);
        for _ in 0..3 {
            for ((point, &given), &theta) in points.iter_mut().zip(row).zip(self.thetas()) {
                let line = linear(nodes, &found, theta);
                if line > 0.0 && given > 0.0 {
                    *point *= given / line;
                }
            }
            found = smooth(self.thetas(), &points, nodes);
        }
        found
    }

    fn row_at(&self, energy: f64, rows: &[Vec<f64>], nodes: &[f64]) -> Result<Vec<f64>> {
        let table = self.energies();
        if let Some(exact) = table.iter().position(|&e| is_same_energy(e, energy)) {
            return Ok(rows[exact].clone());
        }
        let (first, last) = (table[0], table[table.len() - 1]);
        if !(energy > first / REACH && energy < last * REACH) {
            return Err(Error::Energy { what: "the PSF table".into(), energy, first, last });
        }
        let Some(high_most) = table.len().checked_sub(2) else { return Ok(rows[0].clone()) };
        // The two rows around the energy, or the outermost two.
        let low = table.partition_point(|&e| e < energy).saturating_sub(1).min(high_most);
        let high = low + 1;
        let position = (energy / table[low]).ln() / (table[high] / table[low]).ln();
        let widths = [low, high].map(|i| half_contained(nodes, &rows[i]));
        if widths.iter().any(|&width| width <= 0.0) {
            return Ok(rows[if position < 0.5 { low } else { high }].clone());
        }
        let width = widths[0] * (widths[1] / widths[0]).powf(position);
        let a = stretched(nodes, &rows[low], width / widths[0]);
        let b = stretched(nodes, &rows[high], width / widths[1]);
        // Beyond the table's energies the nearest shape stays as it is.
        let weight = position.clamp(0.0, 1.0);
        let mut row: Vec<f64> = a.iter().zip(&b).map(|(&a, &b)| mixed(a, b, weight)).collect();
        let wanted = rings::total(nodes, &rows[low]) * (1.0 - weight) + rings::total(nodes, &rows[high]) * weight;
        let found = rings::total(nodes, &row);
        if found > 0.0 {
            for value in &mut row {
                *value *= wanted / found;
            }
        }
        Ok(row)
    }
}

/// A row with all separations multiplied by `factor`, its integral kept.
pub(super) fn stretched(nodes: &[f64], row: &[f64], factor: f64) -> Vec<f64> {
    let at: Vec<f64> = nodes.iter().map(|theta| theta / factor).collect();
    smooth(nodes, row, &at).into_iter().map(|value| value / (factor * factor)).collect()
}

/// The geometric mean of two values; the arithmetic one where one of them is 0.
fn mixed(a: f64, b: f64, weight: f64) -> f64 {
    if a > 0.0 && b > 0.0 { a * (b / a).powf(weight) } else { a + (b - a) * weight }
}

/// The smooth curve through points of a row, at other separations: a spline of `ln p` over the square root of the separation while the row
/// is positive, straight lines behind a zero, a power law beyond the last point.
fn smooth(thetas: &[f64], row: &[f64], nodes: &[f64]) -> Vec<f64> {
    let positive = row.iter().take_while(|&&p| p > 0.0).count();
    let roots: Vec<f64> = thetas[..positive].iter().map(|t| t.sqrt()).collect();
    let spline = Spline::new(&roots, row[..positive].iter().map(|p| p.ln()).collect());
    let tail = tail_slope(thetas, row);
    let last = thetas.len() - 1;
    let at = |theta: f64| -> f64 {
        if theta > thetas[last] {
            return tail.map_or(0.0, |slope| row[last] * (theta / thetas[last]).powf(slope));
        }
        match &spline {
            _ if theta <= thetas[0] => row[0],
            Some(spline) if theta <= thetas[positive - 1] => spline.value(theta.sqrt(), true).exp(),
            _ => linear(thetas, row, theta),
        }
    };
    nodes.iter().map(|&theta| at(theta)).collect()
}

/// Logarithmic slope of the last twentieth of a row; `None` where it does not fall steeper than an integrable tail must.
fn tail_slope(thetas: &[f64], row: &[f64]) -> Option<f64> {
    let last = thetas.len() - 1;
    let before = last - (thetas.len() / 20).max(1);
    let (p0, p1) = (row[before], row[last]);
    let slope = (p1 > 0.0 && thetas[before] > 0.0).then(|| (p1 / p0).ln() / (thetas[last] / thetas[before]).ln())?;
    (slope < -2.0).then_some(slope)
}

/// Linear between points; 0 beyond the last.
fn linear(x: &[f64], y: &[f64], at: f64) -> f64 {
    let above = x.partition_point(|&node| node < at);
    match above {
        0 => y[0],
        _ if above == x.len() => 0.0,
        _ => y[above - 1] + (y[above] - y[above - 1]) * (at - x[above - 1]) / (x[above] - x[above - 1]),
    }
}

/// The separation within which half of a row lies.
fn half_contained(nodes: &[f64], row: &[f64]) -> f64 {
    let sums = rings::cumulative(nodes, row);
    let wanted = 0.5 * sums.last().copied().unwrap_or(0.0);
    for (t, sum) in nodes.windows(2).zip(sums.windows(2)) {
        let step = sum[1] - sum[0];
        if step > 0.0 && sum[1] >= wanted {
            return t[0] + (t[1] - t[0]) * (wanted - sum[0]) / step;
        }
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    /// King's function with a width that falls as `E^-0.8`, in 1/deg^2.
    fn king(energy: f64, theta: f64) -> f64 {
        let (sigma, gamma) = (0.8 * (energy / 1000.0f64).powf(-0.8), 2.6);
        (1.0 - 1.0 / gamma) * (1.0 + theta * theta / (2.0 * gamma * sigma * sigma)).powf(-gamma) / (sigma * sigma)
    }

    fn table(lines_between: Option<&[f64]>) -> Psf {
        let energies: Vec<f64> = (0..8).map(|i| 300.0 * 1.7f64.powi(i)).collect();
        let thetas: Vec<f64> = (0..200).map(|i| 0.0005 * f64::from(i * i)).collect();
        let values = Array2::from_shape_fn((8, 200), |(e, t)| match lines_between {
            None => king(energies[e], thetas[t]),
            Some(nodes) => {
                let row: Vec<f64> = nodes.iter().map(|&node| king(energies[e], node)).collect();
                linear(nodes, &row, thetas[t])
            }
        });
        Psf::new(energies, thetas, values).unwrap()
    }

    #[test]
    fn the_nodes_behind_a_table_of_points_on_straight_lines_are_found_again() {
        let nodes = separations(400);
        assert_eq!((nodes.len(), nodes[1], nodes[400]), (401, 1e-4, 70.0));
        let psf = table(Some(&nodes));
        let planes = psf.planes(&[300.0, 300.0 * 1.7f64.powi(7)], &nodes).unwrap();
        for (plane, &energy) in [300.0, 300.0 * 1.7f64.powi(7)].iter().enumerate() {
            let worst =
                (0..360).map(|t| (planes.node(t, plane) / king(energy, nodes[t]) - 1.0).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-4, "{energy}: {worst}");
        }
    }

    #[test]
    fn a_table_at_the_nodes_is_kept_as_it_is() {
        let nodes = separations(400);
        let row: Vec<f64> = nodes.iter().map(|&t| king(1000.0, t) * (1.0 + 0.01 * (t * 50.0).sin())).collect();
        let psf =
            Psf::new(vec![1000.0], nodes.clone(), Array2::from_shape_vec((1, 401), row.clone()).unwrap()).unwrap();
        let planes = psf.planes(&[1000.0], &nodes).unwrap();
        for (t, expected) in row.iter().enumerate() {
            approx::assert_relative_eq!(planes.node(t, 0), *expected, max_relative = 1e-12);
        }
    }

    #[test]
    fn between_and_beyond_its_energies_a_self_similar_psf_is_met() {
        let psf = table(None);
        let energies = [200.0, 390.0, 2000.0, 20_000.0];
        let nodes = separations(1000);
        let planes = psf.planes(&energies, &nodes).unwrap();
        for (plane, &energy) in energies.iter().enumerate() {
            let peak = king(energy, 0.0);
            let worst = nodes
                .iter()
                .enumerate()
                .map(|(t, &theta)| (planes.node(t, plane) - king(energy, theta)).abs())
                .fold(0.0, f64::max);
            assert!(worst < 4e-3 * peak, "{energy}: {}", worst / peak);
        }
        assert!(matches!(psf.planes(&[90.0], &nodes), Err(Error::Energy { .. })));
    }
}
