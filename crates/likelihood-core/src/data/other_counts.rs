//! Other counts beside the maps that are there: for data that are drawn by the thousand.

use std::sync::Arc;

use crate::data::component::ComponentData;
use crate::data::counts::CountsCube;
use crate::error::{Error, Result};
use crate::kernel::filled::{Filled, FilledPlace};

impl ComponentData {
    /// The same component beside other counts. Of the maps, what is needed is copied from what is kept of them, and no plane is summed again.
    pub(crate) fn with_counts(&self, cube: &CountsCube) -> Result<Self> {
        let (bins, ny, nx) = cube.counts().dim();
        if (bins, (ny, nx)) != (self.n_bins(), self.shape()) {
            let (rows, columns) = self.shape();
            return Err(Error::Shape {
                what: format!("counts for component '{}'", self.name()),
                expected: format!("[{}, {rows}, {columns}]", self.n_bins()),
                found: format!("[{bins}, {ny}, {nx}]"),
            });
        }
        let mut other = self.emptied(cube);
        let places = self.places_of(other.filled())?;
        for (name, kept_map) in self.kept_maps() {
            let own = kept_map.at_places(&places, other.filled());
            other.set_kept_map(name, Arc::new(own));
        }
        Ok(other)
    }

    /// Where each filled bin of others stands among the own ones.
    fn places_of(&self, others: &Filled) -> Result<Vec<FilledPlace>> {
        let of = |index: usize| {
            let (energy, y, x) = others.place(index);
            let missing = || Error::NoMapValues { component: self.name().to_owned(), energy, y, x };
            self.filled().place_of(energy, others.pixel_number(index)).ok_or_else(missing)
        };
        (0..others.len()).map(of).collect()
    }
}
