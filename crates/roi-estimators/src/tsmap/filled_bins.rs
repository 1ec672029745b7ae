//! The bins of a component that have counts, row by row.

use std::ops::Range;

use ndarray::{Array2, Axis};
use roi_fit::ComponentCubes;

use crate::error::{Error, Result};

/// The filled bins of an energy bin.
#[derive(Clone, Debug)]
pub(crate) struct FilledPlane {
    /// Where each row begins, and where the last ends.
    rows: Vec<usize>,
    columns: Vec<usize>,
    /// Weighted counts, and one over the model.
    values: Vec<(f64, f64)>,
}

/// The filled bins of these energy bins of a component, one after the other.
///
/// # Errors
/// [`Error::Unmodelled`] for counts where the model has none.
pub(crate) fn filled_planes(cubes: &ComponentCubes, bins: &Range<usize>) -> Result<Vec<FilledPlane>> {
    bins.clone().map(|bin| FilledPlane::new(cubes, bin)).collect()
}

impl FilledPlane {
    fn new(cubes: &ComponentCubes, bin: usize) -> Result<Self> {
        let counts = cubes.counts().cube.counts().index_axis(Axis(0), bin);
        let mut plane = Self { rows: vec![0], columns: Vec::new(), values: Vec::new() };
        for (y, row) in counts.outer_iter().enumerate() {
            for (x, &n) in row.iter().enumerate() {
                let weight = cubes.weights().map_or(1.0, |weights| f64::from(weights.values()[[bin, y, x]]));
                if n <= 0.0 || weight <= 0.0 {
                    continue;
                }
                let model = cubes.model()[[bin, y, x]];
                if model <= 0.0 {
                    let (component, energy) = (cubes.name().to_owned(), cubes.counts().cube.axis().edges()[bin]);
                    return Err(Error::Unmodelled { component, energy, x, y, counts: f64::from(n), model });
                }
                plane.columns.push(x);
                plane.values.push((weight * f64::from(n), 1.0 / model));
            }
            plane.rows.push(plane.columns.len());
        }
        Ok(plane)
    }

    /// The bins of a row between two columns: column, weighted counts, and one over the model.
    pub(crate) fn within(&self, row: usize, columns: Range<usize>) -> impl Iterator<Item = (usize, f64, f64)> + '_ {
        let all = self.rows[row]..self.rows[row + 1];
        let own = &self.columns[all.clone()];
        let (first, end) = (own.partition_point(|x| *x < columns.start), own.partition_point(|x| *x < columns.end));
        let part = all.start + first..all.start + end;
        self.columns[part.clone()].iter().zip(&self.values[part]).map(|(&x, &(n, inverse))| (x, n, inverse))
    }

    /// `n / b` and `n / b^2` as images, 0 where there are no counts.
    pub(crate) fn ratios(&self, (ny, nx): (usize, usize)) -> (Array2<f64>, Array2<f64>) {
        let (mut first, mut second) = (Array2::zeros((ny, nx)), Array2::zeros((ny, nx)));
        for y in 0..ny {
            for (x, n, inverse) in self.within(y, 0..nx) {
                first[[y, x]] = n * inverse;
                second[[y, x]] = n * inverse * inverse;
            }
        }
        (first, second)
    }
}
