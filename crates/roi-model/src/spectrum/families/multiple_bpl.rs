//! `MultipleBPL`: a power law with any number of breaks b0 < b1 < ..., and the index m between b(m-1) and bm.
//!
//! dN/dE is N (E/b0)^Index0 below b0, and continuous. XML files name it `MultipleBPL` or `MultipleBrokenPowerLaw`.

use std::sync::Arc;

use super::numbered::{highest, increasing, numbered};
use crate::spectrum::family::{Declared, Family, Layout, Make, always_fixed, index, norm};
use crate::spectrum::formula::{Formula, Number};

pub(crate) const FAMILY: Family =
    Family { name: "MultipleBPL", layout: Layout::Counted(declare), make: Make::Plain(|| Arc::new(MultipleBpl)) };

/// The same under the other name.
pub(crate) const LONG_NAME: Family = Family { name: "MultipleBrokenPowerLaw", ..FAMILY };

/// The norm, Index0..IndexM and Break0..Break(M-1), for the highest number among the given names.
fn declare(given: &[&str]) -> Vec<Declared> {
    let breaks = highest(given, "Break").map(|n| n + 1).max(highest(given, "Index")).unwrap_or(1).max(1);
    let mut declared = vec![norm("Normalization", 1.0)];
    declared.extend(numbered("Index", 0..=breaks, |_| index("", -2.0)));
    declared.extend(numbered("Break", 0..=breaks - 1, |n| always_fixed("", 1000.0 * 10f64.powi(n))));
    declared
}

#[derive(Debug)]
struct MultipleBpl;

/// Splits the parameters into norm, indices and breaks.
fn split<D: Copy>(p: &[D]) -> Option<(D, &[D], &[D])> {
    let (&norm, rest) = p.split_first()?;
    let (indices, breaks) = rest.split_at_checked(rest.len().div_ceil(2))?;
    Some((norm, indices, breaks))
}

impl Formula for MultipleBpl {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        // A segment: where it begins, its index, and ln of dN/dE at b0 if it went on to there, over the norm.
        let mut segments: Vec<(f64, D, D)> = Vec::new();
        let mut norm_and_pivot = [D::from(f64::NAN); 2];
        if let Some((norm, [first, rest @ ..], breaks @ [pivot, ..])) = split(p) {
            norm_and_pivot = [norm, *pivot];
            let mut offset = D::from(0.0);
            segments.push((f64::NEG_INFINITY, *first, offset));
            let mut below = *first;
            for (&index, &start) in rest.iter().zip(breaks) {
                offset += (below - index) * (start / pivot).ln();
                segments.push((start.re(), index, offset));
                below = index;
            }
        }
        move |energy| {
            let [norm, pivot] = norm_and_pivot;
            // The segment of E: the last that begins at or below it.
            match segments.iter().rev().find(|(start, ..)| *start <= energy.re()) {
                Some(&(_, index, offset)) => norm * ((energy / pivot).ln() * index + offset).exp(),
                None => D::from(f64::NAN),
            }
        }
    }

    fn check(&self, p: &[f64]) -> Result<(), String> {
        split(p).map_or(Ok(()), |(_, _, breaks)| increasing("Break", breaks))
    }
}
