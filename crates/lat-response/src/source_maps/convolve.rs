//! Convolution of an image with a kernel by Fourier transforms of real numbers.

use std::sync::Arc;

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// Rows that are written into the columns together, so that a cache line is filled at once.
const TOGETHER: usize = 4;

/// The smallest even number of at least `n` that has no prime factor above 7, for which the transforms are quick.
pub(crate) fn quick_size(n: usize) -> usize {
    let smooth = |mut n: usize| {
        for prime in [2, 3, 5, 7] {
            while n.is_multiple_of(prime) {
                n /= prime;
            }
        }
        n == 1
    };
    // There is a power of two before twice the number.
    (n.max(2)..=2 * n.max(2)).find(|&n| n.is_multiple_of(2) && smooth(n)).unwrap_or(n)
}

/// The plans of the transforms of square images of one size.
pub(crate) struct Convolver {
    size: usize,
    rows: Arc<dyn RealToComplex<f64>>,
    rows_back: Arc<dyn ComplexToReal<f64>>,
    columns: Arc<dyn Fft<f64>>,
    columns_back: Arc<dyn Fft<f64>>,
}

/// The transform of an image, column after column.
pub(crate) struct Spectrum(Vec<Complex<f64>>);

/// A rectangle of pixels: the first column and row, and how many of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) origin: [usize; 2],
    pub(crate) size: [usize; 2],
}

impl Convolver {
    /// Plans for images of `size` x `size` pixels; see [`quick_size`].
    pub(crate) fn new(size: usize) -> Self {
        let (mut real, mut complex) = (RealFftPlanner::new(), FftPlanner::new());
        Self {
            size,
            rows: real.plan_fft_forward(size),
            rows_back: real.plan_fft_inverse(size),
            columns: complex.plan_fft_forward(size),
            columns_back: complex.plan_fft_inverse(size),
        }
    }

    /// How many pixels a side has.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The transform of an image whose rows `fill(row, values)` writes; it returns whether there is anything in the row.
    pub(crate) fn forward(&self, mut fill: impl FnMut(usize, &mut [f64]) -> bool) -> Spectrum {
        let n = self.size;
        let half = n / 2 + 1;
        let zero = Complex::new(0.0, 0.0);
        let mut spectrum = vec![zero; half * n];
        let mut input = vec![0.0; n];
        let mut output = vec![zero; half * TOGETHER];
        let mut scratch = vec![zero; self.rows.get_scratch_len().max(self.columns.get_inplace_scratch_len())];
        for start in (0..n).step_by(TOGETHER) {
            let count = TOGETHER.min(n - start);
            let mut any = false;
            for (offset, out) in output.chunks_exact_mut(half).take(count).enumerate() {
                input.fill(0.0);
                if fill(start + offset, &mut input) {
                    // The lengths are those of the plan, so this cannot fail.
                    let _ = self.rows.process_with_scratch(&mut input, out, &mut scratch);
                    any = true;
                } else {
                    out.fill(zero);
                }
            }
            if any {
                for (column, target) in spectrum.chunks_exact_mut(n).enumerate() {
                    for (offset, value) in target[start..start + count].iter_mut().enumerate() {
                        *value = output[offset * half + column];
                    }
                }
            }
        }
        self.columns.process_with_scratch(&mut spectrum, &mut scratch);
        Spectrum(spectrum)
    }

    /// The kernel's transform times the image's, transformed back; `take(row, values)` receives the window's part of each of its rows.
    pub(crate) fn backward(
        &self,
        mut image: Spectrum,
        kernel: &Spectrum,
        window: Window,
        mut take: impl FnMut(usize, &[f64]),
    ) {
        let n = self.size;
        let half = n / 2 + 1;
        for (a, b) in image.0.iter_mut().zip(&kernel.0) {
            *a *= b;
        }
        let zero = Complex::new(0.0, 0.0);
        let mut scratch = vec![zero; self.rows_back.get_scratch_len().max(self.columns_back.get_inplace_scratch_len())];
        self.columns_back.process_with_scratch(&mut image.0, &mut scratch);
        let scale = 1.0 / (n as f64 * n as f64);
        let mut input = vec![zero; half * TOGETHER];
        let mut output = vec![0.0; n];
        let rows = window.origin[1]..(window.origin[1] + window.size[1]).min(n);
        let columns = window.origin[0]..(window.origin[0] + window.size[0]).min(n);
        for start in rows.clone().step_by(TOGETHER) {
            let count = TOGETHER.min(rows.end - start);
            for (column, source) in image.0.chunks_exact(n).enumerate() {
                for (offset, value) in source[start..start + count].iter().enumerate() {
                    input[offset * half + column] = *value;
                }
            }
            for (offset, line) in input.chunks_exact_mut(half).take(count).enumerate() {
                // A real image has real sums here; rounding must not make them complex, which would be an error.
                line[0].im = 0.0;
                line[half - 1].im = 0.0;
                let _ = self.rows_back.process_with_scratch(line, &mut output, &mut scratch);
                output[columns.clone()].iter_mut().for_each(|value| *value *= scale);
                take(start + offset - window.origin[1], &output[columns.clone()]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the pixels of an image of `n` x `n` into the rows.
    fn rows_of(image: &[f64], n: usize) -> impl FnMut(usize, &mut [f64]) -> bool {
        move |row, values| {
            let Some(source) = image.get(row * n..(row + 1) * n) else { return false };
            values[..n].copy_from_slice(source);
            true
        }
    }

    #[test]
    fn sizes_are_even_and_smooth() {
        assert_eq!([1, 9, 781, 785, 843].map(quick_size), [2, 10, 784, 800, 864]);
    }

    #[test]
    fn a_convolution_is_the_sum_that_it_stands_for() {
        let n = 13;
        let (image, kernel): (Vec<f64>, Vec<f64>) =
            (0..n * n).map(|i| ((i * 7 % 11) as f64, (i * 5 % 13) as f64)).unzip();
        let convolver = Convolver::new(quick_size(2 * n));
        let transformed = convolver.forward(rows_of(&kernel, n));
        let window = Window { origin: [3, 5], size: [6, 7] };
        let mut seen = 0;
        convolver.backward(convolver.forward(rows_of(&image, n)), &transformed, window, |row, values| {
            for (column, &value) in values.iter().enumerate() {
                let (x, y) = (column + 3, row + 5);
                let mut expected = 0.0;
                for ky in 0..=y.min(n - 1) {
                    for kx in 0..=x.min(n - 1) {
                        expected += kernel[ky * n + kx]
                            * if y - ky < n && x - kx < n { image[(y - ky) * n + x - kx] } else { 0.0 };
                    }
                }
                assert!((value - expected).abs() < 1e-9 * expected.max(1.0), "{x} {y}: {value} {expected}");
                seen += 1;
            }
        });
        assert_eq!(seen, 42);
    }
}
