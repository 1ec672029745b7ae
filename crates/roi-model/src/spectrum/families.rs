//! The spectra: one file a family, and the table that lists them. A new spectrum is one file and one line here.

use super::family::Family;

mod abs_edge;
mod band_function;
mod bpl_exp_cutoff;
mod broken_power_law;
mod broken_power_law2;
mod broken_power_law3;
mod constant_value;
mod dm_fit_function;
mod exp_cutoff;
mod exp_cutoff_sed_peak;
mod file_function;
mod gaussian;
mod log_normal;
mod log_parabola;
mod multiple_bpl;
mod numbered;
mod piecewise_power_law;
mod pl_super_exp_cutoff;
mod pl_super_exp_cutoff2;
mod pl_super_exp_cutoff3;
mod pl_super_exp_cutoff4;
mod power_law;
mod power_law2;
mod smooth_broken_power_law;
mod smooth_double_broken_power_law;

/// Every family.
pub(crate) static FAMILIES: [&Family; 25] = [
    &abs_edge::FAMILY,
    &band_function::FAMILY,
    &bpl_exp_cutoff::FAMILY,
    &broken_power_law::FAMILY,
    &broken_power_law2::FAMILY,
    &broken_power_law3::FAMILY,
    &constant_value::FAMILY,
    &dm_fit_function::FAMILY,
    &exp_cutoff::FAMILY,
    &exp_cutoff_sed_peak::FAMILY,
    &file_function::FAMILY,
    &gaussian::FAMILY,
    &log_normal::FAMILY,
    &log_parabola::FAMILY,
    &multiple_bpl::FAMILY,
    &multiple_bpl::LONG_NAME,
    &piecewise_power_law::FAMILY,
    &pl_super_exp_cutoff::FAMILY,
    &pl_super_exp_cutoff2::FAMILY,
    &pl_super_exp_cutoff3::FAMILY,
    &pl_super_exp_cutoff4::FAMILY,
    &power_law::FAMILY,
    &power_law2::FAMILY,
    &smooth_broken_power_law::FAMILY,
    &smooth_double_broken_power_law::FAMILY,
];
