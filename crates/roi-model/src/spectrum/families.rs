//! The spectra: one file a family, and the table that lists them. A new spectrum is one file and one line here.

use super::family::Family;
use crate::error::{Error, Result, nearest};

mod broken_power_law;
mod broken_power_law2;
mod constant_value;
mod file_function;
mod log_parabola;
mod pl_super_exp_cutoff;
mod pl_super_exp_cutoff2;
mod pl_super_exp_cutoff4;
mod power_law;
mod power_law2;

/// Every family.
pub(crate) static FAMILIES: [&Family; 10] = [
    &broken_power_law::FAMILY,
    &broken_power_law2::FAMILY,
    &constant_value::FAMILY,
    &file_function::FAMILY,
    &log_parabola::FAMILY,
    &pl_super_exp_cutoff::FAMILY,
    &pl_super_exp_cutoff2::FAMILY,
    &pl_super_exp_cutoff4::FAMILY,
    &power_law::FAMILY,
    &power_law2::FAMILY,
];

/// The family of an XML `type`.
pub(crate) fn find(name: &str) -> Result<&'static Family> {
    FAMILIES.iter().find(|family| family.name == name).copied().ok_or_else(|| Error::UnknownSpectrum {
        name: name.to_owned(),
        nearest: nearest(name, FAMILIES.iter().map(|family| family.name)),
    })
}
