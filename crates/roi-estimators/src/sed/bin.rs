//! A bin before it is fitted.

/// Status of a bin in which the source predicts nothing.
pub(crate) const UNSEEN: i32 = -1;
/// Status of a bin whose maximum was not found.
pub(crate) const NOT_FOUND: i32 = 1;

/// One bin, and what the fit of the whole range says of it.
#[derive(Clone, Copy)]
pub(crate) struct Bin {
    /// Edges in MeV.
    pub(crate) range: (f64, f64),
    /// Photon index of the power law, a positive number.
    pub(crate) index: f64,
    /// Photon flux of the model in the bin, cm^-2 s^-1.
    pub(crate) flux: f64,
}
