//! `FileFunction`: a norm times a table of dN/dE, interpolated linearly in ln E and ln dN/dE.

use std::sync::Arc;

use crate::spectrum::family::{Family, Layout, Make, norm};
use crate::spectrum::file_table::FileTable;
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "FileFunction",
    layout: Layout::Listed(&[norm("Normalization", 1.0)]),
    make: Make::FromTable(|table| Arc::new(FileFunction { table })),
};

#[derive(Debug)]
struct FileFunction {
    table: Arc<FileTable>,
}

impl Formula for FileFunction {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm] = bind(p);
        move |energy| norm * self.table.interpolate(energy)
    }

    fn domain(&self) -> (f64, f64) {
        self.table.energy_range()
    }
}
