//! Results as figures.

pub(crate) mod correlation_figure;
pub(crate) mod counts_figure;
pub(crate) mod drawing;
pub(crate) mod extension_figure;
pub(crate) mod histogram_figure;
pub(crate) mod light_curve_figure;
pub(crate) mod position_figure;
pub(crate) mod profile_figure;
pub(crate) mod sed_figure;
pub(crate) mod sky_figure;
