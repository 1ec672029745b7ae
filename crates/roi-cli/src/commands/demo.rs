//! `roi-fit demo`.

use std::path::PathBuf;

use clap::Args;
use roi_simulate::{SimulatedRoi, SimulationOptions, simulate};
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;

/// Simulate the built-in region, optimize it, fit it, print the tables and write the results
#[derive(Args)]
#[command(after_help = "Example:\n  roi-fit demo --out demo && ls demo")]
pub(crate) struct Demo {
    /// Directory to write to; it is made if need be
    #[arg(long, value_name = "DIR", default_value = "roi-fit-demo")]
    out: PathBuf,
    /// Seed; the same seed gives the same region
    #[arg(long, default_value_t = SimulationOptions::default().seed)]
    seed: u64,
}

impl Demo {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        output.keep_out_of(&self.out)?;
        if !SimulatedRoi::may_write(&self.out) {
            let config = self.out.join("config.yaml");
            return Err(Failure::Usage(format!(
                "'{}' was not written by demo and would be replaced; name another --out",
                config.display()
            )));
        }
        let options = SimulationOptions::default().with_seed(self.seed);
        output.text(format_args!(
            "simulating {} sources, {} x {} pixels, {} energy bins (seed {}) into {}\n",
            options.sources,
            options.npix,
            options.npix,
            options.ebins,
            options.seed,
            self.out.display()
        ));
        let config = simulate(&options)?.write(&self.out)?;
        let mut analysis = output.open(&config)?;

        let optimized = analysis.optimize(&analysis.optimize_options())?;
        super::optimize::show(output, &analysis, &optimized);
        output.text("");
        let fitted = analysis.fit(&analysis.fit_options())?;
        super::fit::show(output, &mut analysis, &fitted);

        Output::write_json(&self.out.join("optimize.json"), &optimized.to_json())?;
        Output::write_json(&self.out.join("fit.json"), &fitted.to_json())?;
        analysis.write_xml(&self.out.join("fitted.xml"))?;
        output.text(format_args!("\nresults: {0}/optimize.json {0}/fit.json {0}/fitted.xml", self.out.display()));
        output.json(&json!({ "config": config, "optimize": optimized.to_json(), "fit": fitted.to_json() }))?;
        if fitted.fit_success { Ok(()) } else { Err(Failure::Fit(fitted.message)) }
    }
}
