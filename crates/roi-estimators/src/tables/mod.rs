//! Results as tables: FITS in fermipy's layout, and ECSV.

pub(crate) mod extension_tables;
pub(crate) mod localize_tables;
pub(crate) mod map_tables;
pub(crate) mod sed_tables;
