//! The edges of the bins: those of the analysis, or some of them.

use likelihood_core::is_same_energy;
use roi_fit::Session;

use crate::error::{Error, Result};

/// How far, in log10 of energy, an edge that is asked for may lie from one of the analysis: people write few digits.
const NEAR: f64 = 1e-4;

/// The edges of the bins in MeV, rising: those that are asked for (log10 of MeV), or all edges of all components.
pub(crate) fn edges(session: &Session, loge_bins: Option<&[f64]>) -> Result<Vec<f64>> {
    let own = |component: &likelihood_core::ComponentData| {
        let bins = component.bins();
        let edges = if bins.is_empty() { &[][..] } else { &component.axis().edges()[bins.start..=bins.end] };
        edges.to_vec()
    };
    let mut all: Vec<f64> = session.data().components().iter().flat_map(own).collect();
    all.sort_by(f64::total_cmp);
    all.dedup_by(|a, b| is_same_energy(*a, *b));
    let Some(asked) = loge_bins.filter(|asked| !asked.is_empty()) else { return Ok(all) };
    let mut edges = Vec::with_capacity(asked.len());
    for &loge in asked {
        let nearest = all.iter().min_by(|a, b| (a.log10() - loge).abs().total_cmp(&(b.log10() - loge).abs()));
        match nearest.filter(|edge| (edge.log10() - loge).abs() <= NEAR) {
            Some(&edge) => edges.push(edge),
            None => return Err(Error::NoEdge { loge, nearest: around(&all, loge) }),
        }
    }
    if edges.len() < 2 || edges.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(Error::Option {
            option: "loge_bins",
            found: format!("{asked:?}"),
            expected: "at least two edges, log10 of MeV, each above the one before",
        });
    }
    Ok(edges)
}

/// The edges on both sides of an energy, in words.
fn around(edges: &[f64], loge: f64) -> String {
    let above = edges.partition_point(|edge| edge.log10() < loge);
    let near = edges[above.saturating_sub(1)..(above + 1).min(edges.len())].iter();
    near.map(|edge| format!("{:.6}", edge.log10())).collect::<Vec<_>>().join(" and ")
}
