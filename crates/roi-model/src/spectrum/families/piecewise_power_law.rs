//! `PiecewisePowerLaw`: knots joined by power laws, with an index of its own below the first and above the last.
//!
//! `dNdE0` is dN/dE at the first knot; the other `dNdEk` are ratios to it.

use std::sync::Arc;

use super::numbered::{highest, increasing, numbered};
use crate::spectrum::family::{Declared, Family, Layout, Make, always_fixed, index, norm, shape};
use crate::spectrum::formula::{Formula, Number};

pub(crate) const FAMILY: Family = Family {
    name: "PiecewisePowerLaw",
    layout: Layout::Counted(declare),
    make: Make::Plain(|| Arc::new(PiecewisePowerLaw)),
};

/// The two indices, dNdE0..dNdEK and Energy0..EnergyK, for the highest number among the given names.
fn declare(given: &[&str]) -> Vec<Declared> {
    let last = highest(given, "dNdE").max(highest(given, "Energy")).unwrap_or(1);
    let mut declared = vec![index("IndexL", -2.0), index("IndexH", -2.0)];
    declared.extend(numbered("dNdE", 0..=last, |n| if n == 0 { norm("", 1.0) } else { shape("", 0.01f64.powi(n)) }));
    declared.extend(numbered("Energy", 0..=last, |n| always_fixed("", 1000.0 * 10f64.powi(n))));
    declared
}

#[derive(Debug)]
struct PiecewisePowerLaw;

/// Splits the parameters into the two indices, dN/dE and energies of the knots.
fn split<D: Copy>(p: &[D]) -> Option<(D, D, &[D], &[D])> {
    let (&[low, high], knots) = p.split_first_chunk()?;
    let (values, energies) = knots.split_at_checked(knots.len() / 2)?;
    Some((low, high, values, energies))
}

impl Formula for PiecewisePowerLaw {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let nan = D::from(f64::NAN);
        let (low, high, values, energies) = split(p).unwrap_or((nan, nan, &[], &[]));
        let norm = values.first().copied().unwrap_or(nan);
        // A knot: its energy, its ln E, and ln of dN/dE over that at the first knot.
        let ratio = |k: usize, value: &D| if k == 0 { D::from(0.0) } else { value.ln() };
        let knots: Vec<(f64, D, D)> =
            energies.iter().zip(values).enumerate().map(|(k, (e, v))| (e.re(), e.ln(), ratio(k, v))).collect();
        move |energy| {
            let x = energy.ln();
            let next = knots.partition_point(|(e, ..)| *e <= energy.re());
            let before = next.checked_sub(1).and_then(|k| knots.get(k));
            let y = match (before, knots.get(next)) {
                (None, Some(&(_, x0, y0))) => y0 + (x - x0) * low,
                (Some(&(_, x0, y0)), None) => y0 + (x - x0) * high,
                (Some(&(_, x0, y0)), Some(&(_, x1, y1))) => y0 + (x - x0) * ((y1 - y0) / (x1 - x0)),
                (None, None) => nan,
            };
            norm * y.exp()
        }
    }

    fn check(&self, p: &[f64]) -> Result<(), String> {
        split(p).map_or(Ok(()), |(_, _, _, energies)| increasing("Energy", energies))
    }
}
