//! What a page is made from.

pub(crate) mod light_curve_panel;
pub(crate) mod report_input;
pub(crate) mod sky_image;
