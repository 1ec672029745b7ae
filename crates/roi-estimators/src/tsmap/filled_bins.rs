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
    /// For each column of each row, and one column more, how many filled bins lie before it.
    before: Vec<u32>,
    columns: usize,
    pixels: Vec<FilledPixel>,
}

/// The filled bins of these energy bins of a component of so many rows and columns, one energy bin after the other, with the model of some sources.
///
/// # Errors
/// [`Error::Unmodelled`] for counts where the model has none; when a source has no map, or its spectrum cannot be evaluated.
pub(crate) fn filled_planes(
    component: &ComponentData,
    bins: &Range<usize>,
    (n_rows, n_columns): (usize, usize),
    sources: &[&Source],
) -> Result<Vec<FilledPlane>> {
    let mut model = vec![0.0; component.n_filled()];
    for source in sources {
        let own = component.filled_model(source)?;
        model.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
    }
    let mut planes: Vec<FilledPlane> =
        bins.clone().map(|_| FilledPlane { columns: n_columns, ..FilledPlane::default() }).collect();
    for (bin, model) in component.filled_bins().zip(model).filter(|(bin, _)| bins.contains(&bin.energy)) {
        if model <= 0.0 {
            let (name, energy) = (component.name().to_owned(), component.axis().edges()[bin.energy]);
            return Err(Error::Unmodelled { component: name, energy, x: bin.x, y: bin.y, counts: bin.counts, model });
        }
        let plane = &mut planes[bin.energy - bins.start];
        plane.extend(bin.y * (n_columns + 1) + bin.x + 1);
        plane.pixels.push(FilledPixel { column: bin.x, counts: bin.counts, inverse: 1.0 / model });
    }
    for plane in &mut planes {
        plane.extend(n_rows * (n_columns + 1));
    }
    Ok(planes)
}

impl FilledPlane {
    /// What lies before the next columns, up to so many of them, is what is there now.
    fn extend(&mut self, length: usize) {
        // A plane has far fewer than 2^32 pixels.
        self.before.resize(length, u32::try_from(self.pixels.len()).unwrap_or(u32::MAX));
    }

    /// The bins of a row between two columns.
    pub(crate) fn within(&self, row: usize, columns: &Range<usize>) -> &[FilledPixel] {
        let first = row * (self.columns + 1);
        let before = |column: usize| self.before[first + column] as usize;
        &self.pixels[before(columns.start)..before(columns.end)]
    }

    /// The largest of one over the model; 0 without filled bins.
    pub(crate) fn largest_inverse(&self) -> f64 {
        self.pixels.iter().map(|pixel| pixel.inverse).fold(0.0, f64::max)
    }

    /// `n / b`, `n / b^2`, ... to the fourth as images, 0 where there are no counts.
    pub(crate) fn ratios(&self, (ny, nx): (usize, usize)) -> [Array2<f64>; 4] {
        let mut images: [Array2<f64>; 4] = std::array::from_fn(|_| Array2::zeros((ny, nx)));
        for y in 0..ny {
            for pixel in self.within(y, &(0..nx)) {
                let mut ratio = pixel.counts;
                for image in &mut images {
                    ratio *= pixel.inverse;
                    image[[y, pixel.column]] = ratio;
                }
            }
        }
        images
    }
}
