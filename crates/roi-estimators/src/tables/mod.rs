//! Results as tables: FITS in fermipy's layout, and ECSV; and the keys of their dictionaries.

pub(crate) mod extension_tables;
pub(crate) mod keys;
mod keys_of_light_curves;
mod keys_of_limits;
mod keys_of_maps;
mod keys_of_places;
pub(crate) mod light_curve_tables;
pub(crate) mod localize_tables;
pub(crate) mod map_tables;
pub(crate) mod sed_tables;
