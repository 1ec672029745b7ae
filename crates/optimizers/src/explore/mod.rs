//! The surroundings of a minimum: crossings, MINOS errors, contours, profiles.

pub(crate) mod contour;
pub(crate) mod descent;
pub(crate) mod explorer;
pub(crate) mod minos;
pub(crate) mod newton_crossing;
pub(crate) mod plane;
pub(crate) mod profile;
