//! `roi-fit simulate`.

use std::path::PathBuf;

use clap::Args;
use roi_fit::simulate::{SimulationOptions, simulate};
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;

/// Simulate a region from a seed and write it as LAT files with a config.yaml
#[derive(Args)]
#[command(after_help = "Example:\n  roi-fit simulate --out roi --seed 7 && roi-fit fit roi/config.yaml")]
pub(crate) struct Simulate {
    /// Directory to write to; it is made if need be
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seed; the same seed gives the same files
    #[arg(long, default_value_t = SimulationOptions::default().seed)]
    seed: u64,
    /// Number of point sources
    #[arg(long, value_name = "N", default_value_t = SimulationOptions::default().sources)]
    sources: usize,
    /// Pixels on a side
    #[arg(long, value_name = "N", default_value_t = SimulationOptions::default().npix)]
    npix: usize,
    /// Energy bins
    #[arg(long, value_name = "N", default_value_t = SimulationOptions::default().ebins)]
    ebins: usize,
    /// Components (event types)
    #[arg(long, value_name = "N", default_value_t = SimulationOptions::default().components)]
    components: usize,
}

impl Simulate {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let options = SimulationOptions {
            seed: self.seed,
            sources: self.sources,
            npix: self.npix,
            ebins: self.ebins,
            components: self.components,
            ..SimulationOptions::default()
        };
        let config = simulate(&options)?.write(&self.out)?;
        output.text(format_args!("wrote {}", config.display()));
        output.json(&json!({ "config": config }))
    }
}
