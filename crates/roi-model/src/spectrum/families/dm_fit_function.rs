//! `DMFitFunction`: photons from annihilating dark matter, J s / (8 pi m^2) [b Y0 + (1 - b) Y1].
//!
//! `norm` is the J factor (`GeV^2` cm^-5), `sigmav` the annihilation cross-section s (cm^3 s^-1), `mass` in `GeV`, `bratio` the branching ratio b into
//! `channel0`, the rest going into `channel1`; Y is dN/dE per annihilation from the table of its file.
//!
//! The spectrum has a kink in mass at each mass of the table; there the derivative is the one towards higher masses.

use std::sync::Arc;

use crate::spectrum::dark_matter_table::DarkMatterTable;
use crate::spectrum::family::{Family, Layout, Make, always_fixed, fixed, free, norm, shape};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "DMFitFunction",
    layout: Layout::Listed(&[
        fixed("norm", 1.0),
        norm("sigmav", 1.0),
        shape("mass", 100.0),
        free("bratio", 1.0),
        always_fixed("channel0", 1.0),
        always_fixed("channel1", 1.0),
    ]),
    make: Make::DarkMatter(|table| Arc::new(DmFitFunction { table })),
};

#[derive(Debug)]
struct DmFitFunction {
    table: Arc<DarkMatterTable>,
}

impl Formula for DmFitFunction {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [j_factor, cross_section, mass, ratio, channel0, channel1] = bind(p);
        let rate = j_factor * cross_section / (mass * mass * (8.0 * std::f64::consts::PI));
        move |energy| {
            // The table is in GeV, the spectrum in MeV.
            let energy = energy * 1e-3;
            let first = self.table.dnde(channel0.re(), mass, energy);
            let second = self.table.dnde(channel1.re(), mass, energy);
            rate * (ratio * (first - second) + second) * 1e-3
        }
    }
}
