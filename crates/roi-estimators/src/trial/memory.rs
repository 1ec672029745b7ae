//! What it takes to move sources.

use lat_response::TrialMap;
use roi_fit::{Session, TrialMaker};

use crate::error::Result;

/// Places of a source that are tried side by side with derivatives: to either side along two coordinates.
const PROBES: usize = 4;
/// Sources that stand beside a moved one for its derivatives: one with either sign for each of three coordinates.
const BESIDE: usize = 6;
/// Images of a map with its derivatives, of which the map is one.
const IMAGES: u64 = 4;

/// What is moved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moves {
    /// Sources that are moved at once.
    at_once: usize,
    /// Sources whose maps stay, once they were moved.
    kept: usize,
    /// Places that are tried side by side, where there are as many threads.
    places: usize,
}

impl Moves {
    /// Of so many sources at once, and of so many in all, whose maps stay.
    pub(crate) fn of(at_once: usize, kept: usize) -> Self {
        Self { at_once, kept, places: PROBES * at_once }
    }

    /// Of a source of which so many places or shapes are tried side by side.
    pub(crate) fn of_one(places: usize) -> Self {
        Self { at_once: 1, kept: 1, places: places.max(PROBES) }
    }
}

/// Refuses to move sources where that takes more memory than there may be: the maps with derivatives of those that are moved at once, on each thread
/// another place with a workspace of its own, and the maps that stay.
///
/// # Errors
/// [`roi_fit::Error::Memory`].
pub(crate) fn check(session: &Session, makers: &[TrialMaker], moves: Moves) -> Result<()> {
    Ok(session.check_memory("the maps of moved sources", bytes(session, makers, moves))?)
}

/// What it takes to move sources, in bytes.
pub(crate) fn bytes(session: &Session, makers: &[TrialMaker], moves: Moves) -> u64 {
    let [making, held] = [TrialMap::making_bytes, TrialMap::bytes].map(|bytes| of_all(session, makers, bytes));
    let beside: usize = session.data().components().iter().map(|own| 2 * BESIDE * own.excerpt_bytes()).sum();
    let one = making.max(2 * held) + beside as u64 + session.workspace_bytes();
    let side_by_side = moves.places.min(rayon::current_num_threads()) as u64;
    let moved = moves.at_once as u64 * (held + beside as u64);
    moved + (1 + side_by_side) * one + moves.kept as u64 * (held / IMAGES)
}

/// What the map of a source without derivatives takes in all components: while it is made and, beside it, as the one before.
pub(crate) fn of_map(session: &Session, makers: &[TrialMaker]) -> u64 {
    let [making, held] = [TrialMap::making_bytes, TrialMap::bytes].map(|bytes| of_all(session, makers, bytes));
    (making + held) / IMAGES
}

/// The sum over the components of what a map of so many pixels and planes takes.
fn of_all(session: &Session, makers: &[TrialMaker], bytes: fn(usize, usize) -> usize) -> u64 {
    let of = |(maker, data): (&TrialMaker, &likelihood_core::ComponentData)| {
        let extra = data.dispersion().map_or(0, likelihood_core::Dispersion::n_extra);
        bytes(maker.grid().n_pixels(), maker.axis().edges().len() + 2 * extra) as u64
    };
    makers.iter().zip(session.data().components()).map(of).sum()
}
