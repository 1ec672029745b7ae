//! Exceptions: a class for each kind of failure, with the messages of the crates.

use std::error::Error;

use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

create_exception!(
    roifit,
    RoiFitError,
    PyException,
    "Whatever the engine of roifit refuses; its children tell the kind."
);
create_exception!(roifit, ConfigError, RoiFitError, "A configuration, or what it names, cannot be used.");
create_exception!(roifit, FileError, RoiFitError, "A file could not be read, understood or written.");
create_exception!(roifit, ModelError, RoiFitError, "The model is at fault: a source, a spectrum, a parameter.");
create_exception!(roifit, OptionError, RoiFitError, "An option is unknown or outside its range.");
create_exception!(roifit, LikelihoodError, RoiFitError, "The likelihood cannot be evaluated.");
create_exception!(roifit, MemoryLimitError, RoiFitError, "More memory is needed than is allowed.");
create_exception!(roifit, InternalError, RoiFitError, "A defect of roifit; please report it.");

/// Why a call failed.
pub(crate) enum Failure {
    Fit(Box<roi_fit::Error>),
    Estimator(Box<roi_estimators::Error>),
    Simulation(Box<roi_simulate::Error>),
    Report(Box<roi_report::Error>),
    Python(PyErr),
}

impl From<roi_fit::Error> for Failure {
    fn from(error: roi_fit::Error) -> Self {
        Self::Fit(Box::new(error))
    }
}

impl From<roi_estimators::Error> for Failure {
    fn from(error: roi_estimators::Error) -> Self {
        Self::Estimator(Box::new(error))
    }
}

impl From<roi_simulate::Error> for Failure {
    fn from(error: roi_simulate::Error) -> Self {
        Self::Simulation(Box::new(error))
    }
}

impl From<roi_report::Error> for Failure {
    fn from(error: roi_report::Error) -> Self {
        Self::Report(Box::new(error))
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Fit(error) => of_fit(&error),
            Failure::Estimator(error) => of_estimator(&error),
            Failure::Simulation(error) => match *error {
                roi_simulate::Error::Option { .. } => OptionError::new_err(words(&*error)),
                _ => FileError::new_err(words(&*error)),
            },
            Failure::Report(error) => of_report(&error),
            Failure::Python(error) => error,
        }
    }
}

fn of_fit(error: &roi_fit::Error) -> PyErr {
    use roi_fit::Error as E;
    let message = words(error);
    if error.is_internal() {
        return InternalError::new_err(message);
    }
    match error {
        E::Files(_) | E::State { .. } => FileError::new_err(message),
        E::Dataset(_) | E::NoFiles { .. } | E::Response(_) => ConfigError::new_err(message),
        E::Likelihood(_) | E::Start(_) => LikelihoodError::new_err(message),
        E::Optimizer(_) | E::Option { .. } | E::EnergyEdge { .. } => OptionError::new_err(message),
        E::Memory { .. } => MemoryLimitError::new_err(message),
        E::Model(_)
        | E::NoParameter { .. }
        | E::ExcludedByPrior { .. }
        | E::OwnSpectrum { .. }
        | E::NoProperties { .. }
        | E::OutsideMaps { .. }
        | E::NoSource { .. } => ModelError::new_err(message),
        _ => RoiFitError::new_err(message),
    }
}

fn of_estimator(error: &roi_estimators::Error) -> PyErr {
    use roi_estimators::Error as E;
    let message = words(error);
    match error {
        E::Fit(error) => of_fit(error),
        E::Files(_) | E::Busy { .. } => FileError::new_err(message),
        E::Option { .. } | E::NoEdge { .. } => OptionError::new_err(message),
        E::Likelihood(_) => LikelihoodError::new_err(message),
        E::Internal { .. } => InternalError::new_err(message),
        E::Dataset(_) | E::Response(_) | E::NoMakers { .. } => ConfigError::new_err(message),
        E::Model(_)
        | E::NoNorm { .. }
        | E::NoPlace { .. }
        | E::NoEmission { .. }
        | E::OffMap { .. }
        | E::Outside { .. }
        | E::Unseen { .. } => ModelError::new_err(message),
        _ => RoiFitError::new_err(message),
    }
}

fn of_report(error: &roi_report::Error) -> PyErr {
    use roi_report::Error as E;
    let message = words(error);
    match error {
        error if error.is_internal() => InternalError::new_err(message),
        E::Fit(error) | E::File(error) => of_fit(error),
        E::Estimator(error) => of_estimator(error),
        E::Option { .. } => OptionError::new_err(message),
        E::Model(_) => ModelError::new_err(message),
        E::Pixels(_) => ConfigError::new_err(message),
        _ => RoiFitError::new_err(message),
    }
}

/// A message with those of its causes that it does not tell itself.
fn words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
