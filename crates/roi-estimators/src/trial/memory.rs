//! What it takes to move sources.

use lat_response::TrialMap;
use roi_fit::{Session, TrialMaker};

use crate::error::Result;

/// Places that are tried side by side with derivatives: to either side along two coordinates.
const PROBES: u64 = 4;
/// Sources that stand beside a moved one for its derivatives: one with either sign for each of three coordinates.
const BESIDE: usize = 6;

/// Refuses to move `n` sources at once where that takes more memory than there may be: their maps with derivatives, and on each thread another place with
/// a workspace of its own.
///
/// # Errors
/// [`roi_fit::Error::Memory`].
pub(crate) fn check(session: &Session, makers: &[TrialMaker], n: usize) -> Result<()> {
    let threads = rayon::current_num_threads() as u64;
    let [making, kept] = [TrialMap::making_bytes, TrialMap::bytes].map(|bytes| of_all(session, makers, bytes));
    let beside: usize = session.data().components().iter().map(|own| 2 * BESIDE * own.excerpt_bytes()).sum();
    let one = making.max(2 * kept) + beside as u64 + session.workspace_bytes();
    let bytes = n as u64 * (kept + beside as u64) + (1 + threads.min(PROBES)) * one;
    Ok(session.check_memory("the maps of moved sources", bytes)?)
}

/// The sum over the components of what a map of so many pixels and planes takes.
fn of_all(session: &Session, makers: &[TrialMaker], bytes: fn(usize, usize) -> usize) -> u64 {
    let of = |(maker, data): (&TrialMaker, &likelihood_core::ComponentData)| {
        let extra = data.dispersion().map_or(0, likelihood_core::Dispersion::n_extra);
        bytes(maker.grid().n_pixels(), maker.axis().edges().len() + 2 * extra) as u64
    };
    makers.iter().zip(session.data().components()).map(of).sum()
}
