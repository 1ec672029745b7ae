//! FL8Y, the preliminary eight-year list: the layout of 4FGL, older versions with one `Flux_Density` for all types of spectra.

use super::four_fgl;
use super::law::Law;
use super::table::Table;
use crate::error::Result;

pub(super) fn laws(table: &Table<'_>) -> Result<Vec<Law>> {
    if table.has("PL_Flux_Density") { four_fgl::laws(table) } else { four_fgl::laws_from(table, ["Flux_Density"; 3]) }
}
