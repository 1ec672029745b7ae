//! `roi-fit simulate`.

use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use roi_simulate::{
    EventOptions, ObservedEvents, ResponseFiles, SimulatedRoi, SimulationOptions, simulate, write_event_region,
};
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;
use crate::provenance::provenance;

/// Simulate a region from a seed and write it as LAT files with a config.yaml
///
/// What is written are counts and source maps, or, with --events, the photons (FT1) of some days and the spacecraft file (FT2) of a survey orbit, from
/// which `prepare` makes the rest.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(after_help = "Examples:
  roi-fit simulate --out roi --seed 7 && roi-fit fit roi/config.yaml
  roi-fit simulate --out many --regions 200 --npix 50 --ebins 20 --sources 10
  roi-fit simulate --out photons --events --days 30 && roi-fit fit photons
  roi-fit simulate --out photons --events --irfs P8R3_SOURCE_V3 --caldb $CALDB")]
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
    #[arg(long, conflicts_with = "events")]
    response: bool,
    /// Write photons and a spacecraft file (FT1, FT2)
    #[arg(long, conflicts_with_all = ["components", "years"])]
    events: bool,
    /// Days of photons, from the begin of 2018 on
    #[arg(long, value_name = "D", requires = "events", default_value_t = EventOptions::default().days)]
    days: f64,
    /// Draw photons through the response functions of this name in the calibration database; small analytic ones otherwise, which are written too
    #[arg(long, value_name = "NAME", requires = "events")]
    irfs: Option<String>,
    /// Folder of these response functions, or root of a calibration database [default: $CALDB]
    #[arg(long, value_name = "DIR", requires = "irfs")]
    caldb: Option<PathBuf>,
    /// Measure the energies of photons as they are
    #[arg(long, requires = "events")]
    no_edisp: bool,
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
            let written = self.write(self.seed, &self.out)?;
            output.text(format_args!("wrote {}", written.config.display()));
            if let Some(seen) = &written.seen {
                let (photons, rows, time) = (seen.photons, seen.rows, seen.good_time);
                output.text(format_args!(
                    "{photons} photons in {time:.0} s of good time, {rows} rows of spacecraft data"
                ));
                return output.json(|| {
                    json!({
                        "config": written.config, "photons": photons, "rows": rows, "good_time": time,
                        "provenance": provenance(None, &[], true)
                    })
                });
            }
            return output.json(|| json!({ "config": written.config, "provenance": provenance(None, &[], true) }));
        };
        let last = self.seed.checked_add(regions - 1).ok_or_else(|| {
            Failure::Usage(format!("--regions {regions}: seeds from {} on exceed {}", self.seed, u64::MAX))
        })?;
        let digits = last.to_string().len();
        let directory = |seed: u64| self.out.join(format!("seed_{seed:0digits$}"));
        (self.seed..=last).try_for_each(|seed| self.check(&directory(seed)))?;
        let configs: Vec<_> = (self.seed..=last)
            .into_par_iter()
            .map(|seed| self.write(seed, &directory(seed)).map(|written| written.config))
            .collect();
        // Taken in the order of the seeds, so that the same error is told on every run.
        let configs = configs.into_iter().collect::<Result<Vec<_>, _>>()?;
        output.text(format_args!(
            "wrote {regions} regions, seeds {} to {last}, into {}",
            self.seed,
            self.out.display()
        ));
        output.json(|| json!({ "configs": configs, "provenance": provenance(None, &[], true) }))
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

    /// Simulates one region and writes it.
    fn write(&self, seed: u64, directory: &Path) -> Result<Written, Failure> {
        let options = SimulationOptions::default()
            .with_seed(seed)
            .with_sources(self.sources)
            .with_npix(self.npix)
            .with_ebins(self.ebins)
            .with_components(self.components)
            .with_years(self.years);
        if !self.events {
            let region = simulate(&options)?;
            if self.response {
                region.write_response(directory)?;
            }
            return Ok(Written { config: region.write(directory)?, seen: None });
        }
        let events = EventOptions::default().with_days(self.days).with_edisp(!self.no_edisp);
        let (config, seen) = write_event_region(&options, &events, &self.response()?, directory)?;
        Ok(Written { config, seen: Some(seen) })
    }

    fn response(&self) -> Result<ResponseFiles, Failure> {
        let Some(name) = &self.irfs else { return Ok(ResponseFiles::BuiltIn) };
        let folder = self.caldb.clone().or_else(|| std::env::var_os("CALDB").map(PathBuf::from));
        let folder = folder.ok_or_else(|| {
            Failure::Usage(format!(
                "--irfs {name}: no folder of response functions; name it by --caldb DIR or by the environment variable CALDB"
            ))
        })?;
        // The configuration is read from another place than the program runs in.
        let folder = folder.canonicalize().map_err(|error| {
            Failure::Usage(format!(
                "--caldb '{}': {error}; name the folder of the response functions",
                folder.display()
            ))
        })?;
        Ok(ResponseFiles::set(name.clone(), folder))
    }
}

/// What was written of one region.
struct Written {
    config: PathBuf,
    /// Of photons.
    seen: Option<ObservedEvents>,
}
