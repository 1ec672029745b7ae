//! How far numbers can be believed: errors, limits and test statistics of fits to counts drawn from a known truth.
//!
//! - `questions`: one file a question.
//! - `scene`: a truth, its maps and what is expected of it, from which counts are drawn; `lone`: one with a source of known significance.
//! - `draws`: the runner, and how many draws; `statistics`: what is made of them.
//! - `section`, `pictures`, `page`: `docs/calibration.md`.
//!
//! Invariant: equal numbers of draws give equal results, for any number of threads.

pub mod draws;
mod lone;
pub mod page;
pub mod pictures;
mod questions;
pub mod scene;
pub mod section;
pub mod statistics;
