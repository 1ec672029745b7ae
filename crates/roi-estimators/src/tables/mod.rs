//! Results as tables: FITS in fermipy's layout, and ECSV; and the keys of their dictionaries.

mod keys;
pub(crate) mod localize_tables;
pub(crate) mod map_tables;
pub(crate) mod sed_tables;
