//! The extension module `roifit._engine`: the analysis as an object of Python. The package around it lies in `python/`.
//!
//! It has no numerics of its own: a method takes its arguments apart, calls the crates with the interpreter released, and makes Python objects of
//! what they return.
//!
//! # The map of the crate
//!
//! - `handle`: the object [`handle::Analysis`], who works on it, and how work is interrupted.
//! - `methods/`: its methods, a file a theme.
//! - `border/`: what crosses: keywords, results, exceptions, progress, log lines.
//! - `configured`: the model of a configuration, without data.
//! - `minimizing/`: the optimizers for functions of Python.
//! - `regions`: many regions, one by one, and their journal.
//! - `simulation`: a region made from a seed.
//!
//! # Invariants
//!
//! - The engine is called with the interpreter released, and by one thread at a time for each analysis; results are made with it held.
//! - Every failure is an exception, and the analysis is as it was. Ctrl-C ends a fit between two evaluations, and its parameters are restored.
//! - No global state but the table of log levels.

#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands the arguments of methods over by value")]

mod border;
mod configured;
mod handle;
mod methods;
mod minimizing;
mod regions;
mod simulation;

use pyo3::prelude::*;

/// The engine of roifit: everything that computes. Use it through `roifit.Analysis` or `roifit.gtanalysis.GTAnalysis`.
#[pymodule]
mod _engine {
    #[pymodule_export]
    use crate::border::exceptions::{
        ConfigError, FileError, InternalError, LikelihoodError, MemoryLimitError, ModelError, OptionError, RoiFitError,
    };
    #[pymodule_export]
    use crate::border::log::forward_log;
    #[pymodule_export]
    use crate::configured::ConfiguredModel;
    #[pymodule_export]
    use crate::handle::Analysis;
    #[pymodule_export]
    use crate::methods::opening::{input_files, resolved_config};
    #[pymodule_export]
    use crate::minimizing::minimum::Minimum;
    #[pymodule_export]
    use crate::minimizing::verbs::{hesse, minimize, optimizer_names};
    #[pymodule_export]
    use crate::regions::{Regions, fit_region};
    #[pymodule_export]
    use crate::simulation::simulate;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
