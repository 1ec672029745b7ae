//! The image of the test source at the middle of a component's counts.

use crate::sky::components::SkyComponent;
use lat_response::{SkyGrid, WcsGrid};
use ndarray::{Array2, Array3, ArrayView2, Axis};
use roi_model::SkyDirection;

use crate::error::{Error, Result};
use crate::sky::test_source::TestSource;

/// The image of a Gaussian in place of the PSF has so many pixels on each side of its centre, as fermipy's.
const HALF: usize = 50;
/// The name of the source that is looked for.
const NAME: &str = "test source";

/// The counts that the test source makes in a component, `[energy bin, y, x]`.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    pub(crate) counts: Array3<f64>,
    /// The pixel of its centre, row and column.
    pub(crate) center: (usize, usize),
    /// Where the source stands.
    pub(crate) place: SkyDirection,
}

/// The pixel nearest to the middle of an axis; of two the even one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "half a number of pixels")]
fn middle(n: usize) -> usize {
    ((n.saturating_sub(1)) as f64 / 2.0).round_ties_even() as usize
}

impl Kernel {
    /// Of a component with an image.
    pub(crate) fn new(component: SkyComponent<'_>, source: &TestSource) -> Result<Self> {
        let image = image_of(component)?;
        let [nx, ny] = image.size();
        let center = (middle(ny), middle(nx));
        let outside = || Error::Internal { what: "the middle of the counts is no direction" };
        let place = image.direction_of(center.0 * nx + center.1).ok_or_else(outside)?;
        let test = source.at(NAME, place)?;
        let counts = component.predicted(&test, &component.maker.source_map(&test)?)?;
        let kernel = Self { counts, center, place };
        let kernel = if source.replaces_psf { kernel.as_gaussian(image, source.width) } else { kernel };
        if kernel.counts.sum() > 0.0 {
            return Ok(kernel);
        }
        Err(Error::Unseen { source_name: format!("{NAME} in component {}", component.data.name()) })
    }

    /// The same counts in a Gaussian image of this sigma, degrees.
    fn as_gaussian(&self, grid: &WcsGrid, sigma: f64) -> Self {
        let [x_step, y_step] = grid.header().cdelt;
        let size = 2 * HALF + 1;
        let offset = |at: usize, step: f64| (at as f64 - HALF as f64) * step / sigma;
        let shape = Array2::from_shape_fn((size, size), |(y, x)| {
            (-0.5 * (offset(y, y_step).powi(2) + offset(x, x_step).powi(2))).exp()
        });
        let total = shape.sum();
        let mut counts = Array3::zeros((self.counts.dim().0, size, size));
        for (mut plane, own) in counts.outer_iter_mut().zip(self.counts.outer_iter()) {
            plane.assign(&(&shape * (own.sum() / total)));
        }
        Self { counts, center: (HALF, HALF), place: self.place }
    }

    /// A plane.
    pub(crate) fn plane(&self, bin: usize) -> ArrayView2<'_, f64> {
        self.counts.index_axis(Axis(0), bin)
    }

    /// Half of how many pixels of a plane's central column and row exceed a fraction of its peak.
    pub(crate) fn half_sizes(&self, bin: usize, fraction: f64) -> (usize, usize) {
        let plane = self.plane(bin);
        let limit = fraction * plane[self.center];
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "half a number of pixels")]
        let half = |line: ndarray::ArrayView1<'_, f64>| {
            (line.iter().filter(|value| **value > limit).count() as f64 / 2.0).round_ties_even() as usize
        };
        (half(plane.column(self.center.1)), half(plane.row(self.center.0)))
    }

    /// What of a plane lies within half sizes of the centre, and where the centre is in it.
    pub(crate) fn window(&self, bin: usize, (half_y, half_x): (usize, usize)) -> (Array2<f64>, (usize, usize)) {
        let plane = self.plane(bin);
        let (ny, nx) = plane.dim();
        let (cy, cx) = self.center;
        let (rows, columns) = (
            cy.saturating_sub(half_y)..(cy + half_y + 1).min(ny),
            cx.saturating_sub(half_x)..(cx + half_x + 1).min(nx),
        );
        let center = (cy - rows.start, cx - columns.start);
        let shape = (rows.len(), columns.len());
        (Array2::from_shape_fn(shape, |(y, x)| plane[[rows.start + y, columns.start + x]]), center)
    }
}

/// The image of a component.
pub(crate) fn image_of(component: SkyComponent<'_>) -> Result<&WcsGrid> {
    match component.grid() {
        SkyGrid::Wcs(image) => Ok(image),
        _ => Err(Error::MixedPixels { component: component.data.name().to_owned() }),
    }
}
