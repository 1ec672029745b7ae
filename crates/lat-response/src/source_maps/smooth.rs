//! Images convolved with one kernel, for maps of the sky.

use ndarray::{Array2, ArrayView2};

use super::convolve::{Convolver, Window, quick_size};

/// Images convolved with a kernel of any size, zero beyond their edges, each as large as it was: `out[y][x] = sum kernel[v][u] image[y + cy -
/// v][x + cx - u]` with the kernel's centre `(cy, cx)`. Rounding errors are some 1e-16 of the largest values, nothing is rounded to zero.
///
/// ```
/// use ndarray::array;
/// let image = array![[0.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]];
/// let kernel = array![[0.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 0.0]];
/// let smooth = lat_response::convolved([image.view()], &kernel.view(), (1, 1));
/// assert!((smooth[0][[1, 1]] - 6.0).abs() < 1e-12 && (smooth[0][[1, 2]] - 3.0).abs() < 1e-12);
/// ```
pub fn convolved<const N: usize>(
    images: [ArrayView2<'_, f64>; N],
    kernel: &ArrayView2<'_, f64>,
    (cy, cx): (usize, usize),
) -> [Array2<f64>; N] {
    let (ky, kx) = kernel.dim();
    let largest = |axis: usize| images.iter().map(|image| image.shape()[axis]).max().unwrap_or_default();
    // What lies beyond comes back on the other side, where nobody looks.
    let reach = |n: usize, k: usize, center: usize| n + center.max(k.saturating_sub(center + 1));
    let least = reach(largest(0), ky, cy).max(reach(largest(1), kx, cx)).max(ky).max(kx);
    let convolver = Convolver::new(quick_size(least));
    let rows_of = |image: &ArrayView2<'_, f64>| {
        let owned = image.as_standard_layout().into_owned();
        move |row: usize, values: &mut [f64]| {
            let Some(source) = (row < owned.nrows()).then(|| owned.row(row)) else { return false };
            for (value, pixel) in values.iter_mut().zip(source) {
                *value = *pixel;
            }
            true
        }
    };
    let transformed = convolver.forward(rows_of(kernel));
    images.map(|image| {
        let (ny, nx) = image.dim();
        let mut out = Array2::zeros((ny, nx));
        let window = Window { origin: [cx, cy], size: [nx, ny] };
        convolver.backward(convolver.forward(rows_of(&image)), &transformed, window, |row, values| {
            if row < ny {
                out.row_mut(row).iter_mut().zip(values).for_each(|(pixel, value)| *pixel = *value);
            }
        });
        out
    })
}
