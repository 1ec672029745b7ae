//! The recorded answers, one file an origin.

pub mod crab;
pub mod fermitools;
pub mod galactic_centre;

use std::path::Path;

use roi_fit::{Analysis, FitOptions, FitResult};

use crate::comparison::Comparison;

/// What a group of comparisons may fail with before there is anything to compare.
pub type Outcome = Result<Vec<Comparison>, Box<dyn std::error::Error>>;

/// A group of comparisons: its title and how it is made from the data directory.
pub struct Group {
    /// Heading in the validation table.
    pub title: &'static str,
    /// Makes the comparisons.
    pub run: fn(&Path) -> Outcome,
}

/// All groups, in the order of the validation table.
pub fn groups() -> Vec<Group> {
    vec![
        Group {
            title: "Galactic centre, 10-500 GeV, 0.1 degree pixels: exact-Hessian optimum",
            run: galactic_centre::small,
        },
        Group {
            title: "Galactic centre, 10-500 GeV, 0.05 degree pixels: exact-Hessian optimum",
            run: galactic_centre::full,
        },
        Group { title: "Crab, one week, P7SOURCE_V6: published gtlike fit", run: crab::all },
        Group { title: "Simulated ROI, 10 free parameters: C++ fermitools, NEWMINUIT", run: fermitools::ten_free },
        Group { title: "Simulated ROI, 44 free parameters: C++ fermitools, NEWMINUIT", run: fermitools::all_free },
    ]
}

/// Options of a fit with an optimizer at a tolerance, without the update of properties.
fn options(optimizer: &str, tol: f64) -> FitOptions {
    let mut options = FitOptions::default();
    options.optimizer = optimizer.into();
    options.tol = tol;
    options.update = false;
    options
}

/// Position of a free parameter in a result, by its `SOURCE:PAR` name.
fn row(result: &FitResult, name: &str) -> Option<usize> {
    (0..result.src_names.len()).find(|&i| name == format!("{}:{}", result.src_names[i], result.par_names[i]))
}

/// Quality 3 is a bar of its own.
fn quality(what: &str, result: &FitResult) -> Comparison {
    Comparison::not_below(format!("{what}: fit quality"), 3.0, f64::from(result.fit_quality), 0.0)
}

/// Sets the free parameters to recorded values.
fn set_free(analysis: &mut Analysis, values: &[f64]) -> Result<(), Box<dyn std::error::Error>> {
    Ok(analysis.roi_mut().set_free_values(values)?)
}
