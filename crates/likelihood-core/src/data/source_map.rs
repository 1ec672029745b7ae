//! A source map: what one source would contribute to every pixel per unit of differential flux.

use ndarray::{Array3, ArrayView3, Axis, Slice};

use crate::error::{Error, Result};

/// Exposure times pixel-integrated, PSF-convolved template of one source, in cm^2 s (times sr for diffuse intensity templates),
/// at the edges of the energy bins.
///
/// The predicted counts of a bin are `map(E_k) S(E_k) E_k r/2 + map(E_{k+1}) S(E_{k+1}) E_{k+1} r/2`, `S` the source's spectrum, unless
/// another [`crate::EnergyIntegration`] is chosen.
/// A map made for energy dispersion carries the same number of extra planes below the first and above the last edge.
///
/// ```
/// use likelihood_core::SourceMap;
/// let map = SourceMap::new(ndarray::Array3::from_elem((3, 10, 10), 1e9))?;
/// assert_eq!(map.n_planes(), 3);
/// # Ok::<(), likelihood_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SourceMap {
    planes: Array3<f32>,
}

impl SourceMap {
    /// A map of shape `[plane, y, x]`. Values must be finite; tiny negative ones (ringing of a convolution) are allowed.
    ///
    /// # Errors
    /// [`Error::Shape`] for an empty map, [`Error::BadValue`] for a value that is not finite.
    pub fn new(planes: Array3<f32>) -> Result<Self> {
        if planes.is_empty() {
            return Err(Error::Shape {
                what: "source map".into(),
                expected: "[planes, y, x], none of them 0".into(),
                found: format!("{:?}", planes.shape()),
            });
        }
        // First without the places, which takes a tenth of the time.
        let is_finite = planes.as_slice_memory_order().is_some_and(|values| values.iter().all(|v| v.is_finite()));
        let bad = (!is_finite).then(|| planes.indexed_iter().find(|(_, v)| !v.is_finite())).flatten();
        if let Some(((energy, y, x), &value)) = bad {
            let value = f64::from(value);
            return Err(Error::BadValue {
                what: "source map".into(),
                value,
                energy,
                y,
                x,
                expected: "it must be finite",
            });
        }
        let planes = if planes.is_standard_layout() { planes } else { planes.as_standard_layout().into_owned() };
        Ok(Self { planes })
    }

    /// The planes, shape `[plane, y, x]`.
    pub fn planes(&self) -> &Array3<f32> {
        &self.planes
    }

    /// How many planes there are, those for energy dispersion included.
    pub fn n_planes(&self) -> usize {
        self.planes.dim().0
    }

    /// The map at the `n_edges` edges alone, the extra planes for energy dispersion left out.
    ///
    /// # Errors
    /// When the number of planes is not `n_edges` plus an even number, or the pixels are not `[ny, nx]`.
    pub fn at_edges(&self, n_edges: usize, ny: usize, nx: usize) -> Result<ArrayView3<'_, f32>> {
        let (planes, map_ny, map_nx) = self.planes.dim();
        let extra = planes.checked_sub(n_edges).filter(|extra| extra % 2 == 0);
        match extra {
            Some(extra) if (map_ny, map_nx) == (ny, nx) => {
                Ok(self.planes.slice_axis(Axis(0), Slice::from(extra / 2..extra / 2 + n_edges)))
            }
            _ => Err(Error::Shape {
                what: "source map".into(),
                expected: format!("[{n_edges} edges (+ an even number of planes for energy dispersion), {ny}, {nx}]"),
                found: format!("[{planes}, {map_ny}, {map_nx}]"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_planes_of_energy_dispersion_are_left_out() {
        let map = SourceMap::new(Array3::from_shape_fn((7, 2, 2), |(k, _, _)| k as f32)).unwrap();
        let inner = map.at_edges(3, 2, 2).unwrap();
        assert_eq!(inner.iter().copied().collect::<Vec<_>>(), [2., 2., 2., 2., 3., 3., 3., 3., 4., 4., 4., 4.]);
        assert!(map.at_edges(4, 2, 2).is_err(), "an odd number of extra planes");
        assert!(map.at_edges(9, 2, 2).is_err(), "too few planes");
        assert!(map.at_edges(3, 2, 3).is_err(), "other pixels");
    }

    #[test]
    fn a_map_that_is_not_finite_is_refused() {
        assert!(SourceMap::new(Array3::from_elem((1, 1, 1), f32::NAN)).is_err());
        assert!(SourceMap::new(Array3::from_elem((1, 1, 1), f32::INFINITY)).is_err());
        assert!(SourceMap::new(Array3::from_elem((0, 1, 1), 1.0)).is_err());
    }
}
