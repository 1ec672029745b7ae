//! What a likelihood keeps of a source map: its values at the filled bins, and the sum of each plane.

use ndarray::ArrayView3;

use crate::filled::Filled;
use crate::kernel::Planes;

/// A source's map where it is needed.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// At the filled bins, the plane at the bin's lower edge.
    pub(crate) lower: Vec<f32>,
    /// At the filled bins, the plane at the bin's upper edge.
    pub(crate) upper: Vec<f32>,
    /// Sum of each plane over all pixels.
    pub(crate) plane_sums: Vec<f64>,
}

impl Template {
    pub(crate) fn new(filled: &Filled, planes: &ArrayView3<'_, f32>) -> Self {
        let plane_sums = planes.outer_iter().map(|plane| plane.iter().map(|&v| f64::from(v)).sum()).collect();
        Self { lower: filled.gather(planes, 0), upper: filled.gather(planes, 1), plane_sums }
    }

    pub(crate) fn planes(&self) -> Planes<'_> {
        Planes { lower: &self.lower, upper: &self.upper }
    }
}
