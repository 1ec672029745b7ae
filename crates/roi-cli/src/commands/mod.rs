//! One file a command.

pub(crate) mod batch;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod curvature;
pub(crate) mod demo;
mod dictionary;
mod ecsv;
pub(crate) mod editing;
pub(crate) mod extension;
mod first;
pub(crate) mod fit;
mod fitting;
pub(crate) mod localize;
pub(crate) mod loglike;
pub(crate) mod man;
pub(crate) mod model;
pub(crate) mod model_map;
pub(crate) mod optimize;
pub(crate) mod params;
pub(crate) mod prepare;
pub(crate) mod profile;
pub(crate) mod sed;
pub(crate) mod simulate;
pub(crate) mod spectrum;
pub(crate) mod srcmaps;
pub(crate) mod ts;
