//! Seconds and memory of an analysis.

use serde::Serialize;

use crate::known::memory::MemoryUse;
use crate::known::process_memory::peak_memory;

/// Seconds spent, and memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Timing {
    /// Reading the files (source maps apart).
    pub load: f64,
    /// Reading (or making) the source maps.
    pub srcmaps: f64,
    /// The fit, or all fits of an optimisation with their updates.
    pub fit: f64,
    /// TS, npred and fluxes after the fit.
    pub update: f64,
    /// Memory, in bytes.
    pub memory: MemoryUse,
}

impl Timing {
    /// The same, with the peak memory as it is now.
    pub(crate) fn now(&self) -> Self {
        Self { memory: MemoryUse { peak: peak_memory(), ..self.memory.clone() }, ..self.clone() }
    }
}
