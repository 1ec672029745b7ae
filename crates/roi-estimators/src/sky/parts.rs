//! Maps made part by part, so that a watcher is told and heard.

use rayon::prelude::*;
use roi_fit::{Event, Progress};

use crate::error::{Error, Result};

/// Pixels between two looks at the watcher: a part of a second for the slowest of maps.
const PART: usize = 256;

/// Tells the watcher how much of a map is done, and stops where it says so.
///
/// # Errors
/// [`Error::Stopped`].
pub(crate) fn tell(progress: &mut dyn Progress, map: &'static str, done: usize, total: usize) -> Result<()> {
    let is_stopped = progress.event(&Event::SkyMap { map, done, total }).is_break() || progress.is_cancelled();
    if is_stopped { Err(Error::Stopped) } else { Ok(()) }
}

/// What `work` makes of each pixel, in their order. It gets a buffer that is used again.
///
/// # Errors
/// The first of `work`; [`Error::Stopped`].
pub(crate) fn in_parts<B: Default + Send, T: Send>(
    map: &'static str,
    pixels: &[usize],
    progress: &mut dyn Progress,
    work: impl Fn(&mut B, &usize) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    let mut all = Vec::with_capacity(pixels.len());
    for part in pixels.chunks(PART) {
        tell(progress, map, all.len(), pixels.len())?;
        // All of the part first: the error is that of the first pixel, for any number of threads.
        let found: Vec<Result<T>> = part.par_iter().map_init(B::default, &work).collect();
        all.extend(found.into_iter().collect::<Result<Vec<_>>>()?);
    }
    Ok(all)
}
