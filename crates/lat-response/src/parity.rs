//! Whose numbers source maps follow.

/// Whose numbers source maps follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parity {
    /// The LAT tools' (gtsrcmaps): their tables, their planar distances inside pixels, their correction of the PSF's integral.
    #[default]
    Fermitools,
    /// Those of the LAT tools at the time of Pass 7, the `ScienceTools` of 2010 to 2012 (`SourceMap.cxx` 1.90, `MeanPsf.cxx` 1.23 of the
    /// package Likelihood), for comparisons with analyses of those years.
    ///
    /// The mean PSF is tabulated at 200 separations and normalised by its response functions alone. Point sources are sampled at the
    /// pixels' centres, and the correction of the PSF's integral takes in a part of it twice: maps come out too high by up to 5 % at 100 MeV.
    ScienceTools,
    /// As accurate as the inputs: great circles, integrals over pixels extrapolated to convergence, finer tables, and no map of a point
    /// source beyond the 99.99 % containment of its PSF.
    Accurate,
}

impl Parity {
    /// Separations, beside 0, at which the PSF of the planes is tabulated.
    pub(crate) fn psf_nodes(self) -> usize {
        match self {
            Self::ScienceTools => 200,
            Self::Fermitools => 400,
            Self::Accurate => 1600,
        }
    }
}
