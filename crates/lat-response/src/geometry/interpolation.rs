//! The pixels around a direction, weighted.

/// At most four pixels and their weights, which sum to one; empty when a direction is off the map.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interpolation {
    terms: [(usize, f64); 4],
    len: usize,
}

impl Interpolation {
    /// Pixels and weights.
    pub fn terms(&self) -> &[(usize, f64)] {
        self.terms.get(..self.len).unwrap_or_default()
    }

    /// Adds a pixel; more than four are not kept, and none of weight zero.
    pub(crate) fn push(&mut self, pixel: usize, weight: f64) {
        if weight != 0.0
            && let Some(term) = self.terms.get_mut(self.len)
        {
            *term = (pixel, weight);
            self.len += 1;
        }
    }

    /// The weighted sum of a plane's pixels; `None` off the map.
    pub fn apply(&self, plane: &[f32]) -> Option<f64> {
        (self.len > 0)
            .then(|| self.terms().iter().map(|&(p, w)| w * plane.get(p).copied().map_or(0.0, f64::from)).sum())
    }
}
