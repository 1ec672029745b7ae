//! `roi-fit simulate`.

use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use roi_simulate::{SimulatedRoi, SimulationOptions, simulate};
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;

/// Simulate a region from a seed and write it as LAT files with a config.yaml
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit simulate --out roi --seed 7 && roi-fit fit roi/config.yaml
  roi-fit simulate --out many --regions 200 --npix 50 --ebins 20 --sources 10")]
pub(crate) struct Simulate {
    /// Directory to write to; it is made if need be
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seed; the same seed gives the same files
    #[arg(long, default_value_t = SimulationOptions::default().seed)]
    seed: u64,
    /// Write this many regions, of consecutive seeds from --seed on, each into a directory of its own in --out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    regions: Option<u64>,
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
    /// Years of data: the counts grow in proportion
    #[arg(long, value_name = "Y", default_value_t = SimulationOptions::default().years)]
    years: f64,
    /// Write exposure and PSF, too (bexpmap, psf): with them sources can be moved, made wider and added
    #[arg(long)]
    response: bool,
    /// Write also into a directory whose config.yaml was not written by `simulate`
    #[arg(long)]
    force: bool,
}

impl Simulate {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        if output.max_memory().is_some() {
            return Err(Failure::Usage(
                "--max-memory: simulations know no limit; leave it out, and make --npix, --ebins or --threads smaller to take less"
                    .into(),
            ));
        }
        output.keep_out_of(&self.out)?;
        let Some(regions) = self.regions else {
            self.check(&self.out)?;
            let config = self.write(self.seed, &self.out)?;
            output.text(format_args!("wrote {}", config.display()));
            return output.json(&json!({ "config": config }));
        };
        let last = self.seed.checked_add(regions - 1).ok_or_else(|| {
            Failure::Usage(format!("--regions {regions}: seeds from {} on exceed {}", self.seed, u64::MAX))
        })?;
        let digits = last.to_string().len();
        let directory = |seed: u64| self.out.join(format!("seed_{seed:0digits$}"));
        (self.seed..=last).try_for_each(|seed| self.check(&directory(seed)))?;
        let configs: Vec<_> =
            (self.seed..=last).into_par_iter().map(|seed| self.write(seed, &directory(seed))).collect();
        // Taken in the order of the seeds, so that the same error is told on every run.
        let configs = configs.into_iter().collect::<Result<Vec<_>, _>>()?;
        output.text(format_args!(
            "wrote {regions} regions, seeds {} to {last}, into {}",
            self.seed,
            self.out.display()
        ));
        output.json(&json!({ "configs": configs }))
    }

    /// Refuses a directory with somebody's own configuration.
    fn check(&self, directory: &Path) -> Result<(), Failure> {
        if self.force || SimulatedRoi::may_write(directory) {
            return Ok(());
        }
        Err(Failure::Usage(format!(
            "'{}' was not written by simulate and would be replaced; name another --out, or give --force",
            directory.join("config.yaml").display()
        )))
    }

    /// Simulates one region, writes it and returns the path of its configuration.
    fn write(&self, seed: u64, directory: &Path) -> Result<PathBuf, Failure> {
        let options = SimulationOptions::default()
            .with_seed(seed)
            .with_sources(self.sources)
            .with_npix(self.npix)
            .with_ebins(self.ebins)
            .with_components(self.components)
            .with_years(self.years);
        let region = simulate(&options)?;
        if self.response {
            region.write_response(directory)?;
        }
        Ok(region.write(directory)?)
    }
}
