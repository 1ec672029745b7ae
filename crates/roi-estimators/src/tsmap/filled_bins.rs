//! The bins of a component that have counts, row by row.

use std::ops::Range;

use likelihood_core::ComponentData;
use ndarray::Array2;
use roi_model::Source;

use crate::error::{Error, Result};

/// A bin with counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FilledPixel {
    pub(crate) column: usize,
    /// Weighted counts.
    pub(crate) counts: f64,
    /// One over the model.
    pub(crate) inverse: f64,
}

/// The filled bins of an energy bin.
#[derive(Clone, Debug, Default)]
pub(crate) struct FilledPlane {
    /// Where each row begins, and where the last ends.
    rows: Vec<usize>,
    pixels: Vec<FilledPixel>,
}

/// The filled bins of these energy bins of a component of so many rows, one energy bin after the other, with the model of some sources.
///
/// # Errors
/// [`Error::Unmodelled`] for counts where the model has none; when a source has no map, or its spectrum cannot be evaluated.
pub(crate) fn filled_planes(
    component: &ComponentData,
    bins: &Range<usize>,
    n_rows: usize,
    sources: &[&Source],
) -> Result<Vec<FilledPlane>> {
    let mut model = vec![0.0; component.n_filled()];
    for source in sources {
        let own = component.filled_model(source)?;
        model.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
    }
    let mut planes: Vec<FilledPlane> = bins.clone().map(|_| FilledPlane::default()).collect();
    for (bin, model) in component.filled_bins().zip(model).filter(|(bin, _)| bins.contains(&bin.energy)) {
        if model <= 0.0 {
            let (name, energy) = (component.name().to_owned(), component.axis().edges()[bin.energy]);
            return Err(Error::Unmodelled { component: name, energy, x: bin.x, y: bin.y, counts: bin.counts, model });
        }
        let plane = &mut planes[bin.energy - bins.start];
        plane.rows.resize(bin.y + 1, plane.pixels.len());
        plane.pixels.push(FilledPixel { column: bin.x, counts: bin.counts, inverse: 1.0 / model });
    }
    planes.iter_mut().for_each(|plane| plane.rows.resize(n_rows + 1, plane.pixels.len()));
    Ok(planes)
}

impl FilledPlane {
    /// The bins of a row between two columns.
    pub(crate) fn within(&self, row: usize, columns: &Range<usize>) -> &[FilledPixel] {
        let all = &self.pixels[self.rows[row]..self.rows[row + 1]];
        let first = all.partition_point(|pixel| pixel.column < columns.start);
        let end = first + all[first..].partition_point(|pixel| pixel.column < columns.end);
        &all[first..end]
    }

    /// `n / b` and `n / b^2` as images, 0 where there are no counts.
    pub(crate) fn ratios(&self, (ny, nx): (usize, usize)) -> (Array2<f64>, Array2<f64>) {
        let (mut first, mut second) = (Array2::zeros((ny, nx)), Array2::zeros((ny, nx)));
        for y in 0..ny {
            for pixel in self.within(y, &(0..nx)) {
                first[[y, pixel.column]] = pixel.counts * pixel.inverse;
                second[[y, pixel.column]] = pixel.counts * pixel.inverse * pixel.inverse;
            }
        }
        (first, second)
    }
}
