//! Spectra that modify another one: `EblAtten::X`, `EnergyBand::X`, `ScaleFactor::X`. One file each, and the table that lists them.

use super::wrapper::Wrapper;

mod ebl_atten;
mod energy_band;
mod scale_factor;

/// Every wrapper.
pub(crate) static WRAPPERS: [&Wrapper; 3] = [&ebl_atten::WRAPPER, &energy_band::WRAPPER, &scale_factor::WRAPPER];
