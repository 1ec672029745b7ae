//! `EblAtten::X`: X dimmed by the extragalactic background light, times exp(-k tau(E, z)).
//!
//! The optical depths come from a table that the user supplies; `ebl_model` is the number of its model in the LAT tools
//! and does not enter the formula.

use std::sync::Arc;

use crate::spectrum::ebl_table::EblTable;
use crate::spectrum::family::{fixed, free};
use crate::spectrum::formula::{Formula, Number, bind};
use crate::spectrum::wrapper::{Inner, Wrap, Wrapper};

pub(crate) const WRAPPER: Wrapper = Wrapper {
    name: "EblAtten",
    parameters: &[free("tau_norm", 1.0), fixed("redshift", 0.0), fixed("ebl_model", 0.0)],
    wrap: Wrap::Ebl(|inner, table| Arc::new(EblAtten { inner, table })),
};

#[derive(Debug)]
struct EblAtten {
    inner: Inner,
    table: Arc<EblTable>,
}

impl Formula for EblAtten {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let (inner, added) = self.inner.curve(p);
        let [norm, redshift, _] = bind(added);
        move |energy| inner(energy) * (-norm * self.table.interpolate(energy, redshift)).exp()
    }

    fn domain(&self) -> (f64, f64) {
        let (min, max) = self.inner.kernel.energies();
        (min, max.min(self.table.last_energy()))
    }

    fn check(&self, p: &[f64]) -> Result<(), String> {
        self.inner.check(p)?;
        let [_, redshift, _] = bind(p.get(self.inner.parameters..).unwrap_or_default());
        let last = self.table.last_redshift();
        // Not a missing one either, which would be NaN.
        if redshift <= last {
            return Ok(());
        }
        Err(format!("redshift {redshift} is beyond the table of optical depths, which ends at {last}"))
    }
}
