//! Whose numbers source maps follow.

/// Whose numbers source maps follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parity {
    /// The LAT tools' (gtsrcmaps): their tables, their planar distances inside pixels, their correction of the PSF's integral.
    #[default]
    Fermitools,
    /// As accurate as the inputs: great circles, integrals over pixels extrapolated to convergence, finer tables, and no map of a point
    /// source beyond the 99.99 % containment of its PSF.
    Accurate,
}
