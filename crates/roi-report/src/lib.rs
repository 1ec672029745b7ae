//! A fitted region as one self-contained HTML page.
//!
//! ```
//! use roi_report::{ReportInput, report};
//! use roi_fit::{Analysis, FitOptions};
//! use roi_simulate::{SimulationOptions, simulate};
//!
//! // A small region made by the built-in simulator, in memory; of one from files, `gather` also makes maps.
//! let simulated = simulate(&SimulationOptions::default().with_npix(20).with_ebins(6).with_sources(2))?;
//! let mut analysis = Analysis::new(simulated.start.clone(), simulated.likelihood()?)?;
//! let fit = analysis.fit(&FitOptions::default())?;
//! let page = report(&ReportInput::new(&mut analysis)?.with_fit(Some(fit)))?;
//! assert!(page.starts_with("<!DOCTYPE html>"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The map of the crate
//!
//! - `input`: what a page is made from, typed results of `roi-fit` and `roi-estimators`.
//! - `gather`: the options of a report, and the verb that asks the estimators for what they choose.
//! - `figures`: results as figures of the `plotly` library. What a figure shows is also said in words, for those who do not see it.
//! - `page`: the template's views (status in words, rows, panels), and the verbs that fill and write it. The template, its style and its script (sorting,
//!   filtering, drawing when seen, keys that move figures) lie in `templates/`.
//!
//! # Invariants
//!
//! - The same input gives the same bytes: no clock, no random names.
//! - Nothing is fetched: the page forbids it to itself (a content security policy), and everything it needs is in it.
//! - Numbers that are not finite reach neither the text (a dash stands there) nor the figures (a gap).
//!
//! # The public boundary
//!
//! [`gather`], [`report`], [`write_report`], their options and input.

mod error;
mod figures;
mod gather;
mod input;
mod page;

pub use error::{Error, Result};
pub use gather::beside::Beside;
pub use gather::choice::Choice;
pub use gather::gather_verb::gather;
pub use gather::report_options::ReportOptions;
pub use input::light_curve_panel::{LightCurveBin, LightCurvePanel};
pub use input::report_input::{BesideFile, Problem, ReportInput};
pub use input::sky_image::{ImageKind, SkyImage};
pub use page::origin::quoted;
pub use page::report_verb::{report, write_report};

/// The example of the README, compiled with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
