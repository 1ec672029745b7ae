//! The regions that the benchmarks share.

mod memory;

use std::path::{Path, PathBuf};

use likelihood_core::Data;
use roi_fit::Analysis;
use roi_model::Roi;
use roi_simulate::{SimulationOptions, simulate};

pub use crate::memory::Memory;

/// The built-in region's starting model and its likelihood: 100 x 100 pixels, 30 energy bins, 20 point sources.
///
/// # Errors
/// When the simulation fails.
pub fn built_in() -> roi_simulate::Result<(Roi, Data)> {
    simulated(&SimulationOptions::default())
}

/// A simulated region's starting model and its likelihood.
///
/// # Errors
/// When an option is outside its range.
pub fn simulated(options: &SimulationOptions) -> roi_simulate::Result<(Roi, Data)> {
    let simulated = simulate(options)?;
    let likelihood = simulated.likelihood()?;
    Ok((simulated.start, likelihood))
}

/// The model and the likelihood of a configuration.
///
/// # Errors
/// When it, or what it names, cannot be read.
pub fn open(config: &Path) -> roi_fit::Result<(Roi, Data)> {
    let analysis = Analysis::open(config)?;
    Ok((analysis.roi().clone(), analysis.likelihood().clone()))
}

/// A file of the reference data: in the folder that `ROI_FIT_TEST_DATA` names, else in `shared/data` beside the repository. Where it is
/// not, a line says that the benchmark was skipped.
#[expect(clippy::print_stderr, reason = "a skipped benchmark must say so")]
pub fn reference_data(file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ROI_FIT_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let path = folder.join(file);
    if path.is_file() {
        return Some(path);
    }
    eprintln!("SKIPPED {file}: not found; ROI_FIT_TEST_DATA names the folder of the reference data");
    None
}

/// Whether times are measured: `cargo bench` says so by `--bench`. Otherwise every benchmark runs once, as a test, and heavy ones
/// are better left out.
pub fn measuring() -> bool {
    std::env::args().any(|word| word == "--bench")
}
