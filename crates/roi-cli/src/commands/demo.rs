//! `roi-fit demo`.

use std::path::PathBuf;

use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use roi_fit::{Analysis, FitResult, OptimizeResult, Roi, fixed, resolved_config, scientific};
use roi_report::{Choice, ReportOptions, gather, quoted};
use roi_simulate::{SimulatedRoi, SimulationOptions, simulate};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::Output;
use crate::provenance::provenance;

use super::report;

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
        let simulated = simulate(&options)?;
        let config = simulated.write(&self.out)?;
        // With it maps of residuals and of the TS can be made.
        simulated.write_response(&self.out)?;
        let truth = simulated.truth;
        let mut analysis = output.open(&config, true)?;

        let optimized = analysis.optimize(&analysis.optimize_options())?;
        super::optimize::show(output, &analysis, &optimized);
        output.text("");
        let fitted = analysis.fit(&analysis.fit_options())?;
        super::fit::show(output, &mut analysis, &fitted);

        Output::write_json(&self.out.join("optimize.json"), &optimized.to_json())?;
        Output::write_json(&self.out.join("fit.json"), &fitted.to_json())?;
        analysis.write_xml(&self.out.join("fitted.xml"))?;
        analysis.write_roi(self.out.join("fitted"))?;
        let from = provenance(Some(&config), &[], true);
        let page = self.report(output, &mut analysis, (&optimized, &fitted), &from)?;
        output.text(format_args!(
            "\nfitted beside true values (a pull is their difference over the error):\n\n{}",
            beside(&truth, &fitted)
        ));
        self.say_what_is_next(output);
        let (optimized, result) = (optimized.to_json(), fitted.to_json());
        output.json(
            || json!({ "config": config, "optimize": optimized, "fit": result, "report": page, "provenance": from }),
        )?;
        if fitted.fit_success { Ok(()) } else { Err(Failure::Fit(fitted.message)) }
    }
}

impl Demo {
    /// Where the results are, and what to do with them.
    fn say_what_is_next(&self, output: &Output) {
        let (out, page) = (self.out.display(), self.page());
        output.text(format_args!(
            "\nresults: {out}/optimize.json {out}/fit.json {out}/fitted.xml {out}/fitted.json
\nthe report, one page with all of it; open it in a browser:\n  {}
\nwhat to try next:
  roi-fit report {out}/fitted.json --localize notable --out report.html
  roi-fit ts {out} --model {out}/fitted.xml
  roi-fit profile {out} isodiff --model {out}/fitted.xml
  roi-fit fit {out} --fix-all --distance 1 --minos --verbosity 1",
            page.display()
        ));
    }

    /// Where the report goes.
    fn page(&self) -> PathBuf {
        self.out.join("report.html")
    }

    /// The report of what was fitted, and its dictionary.
    fn report(
        &self,
        output: &Output,
        analysis: &mut Analysis,
        (optimized, fitted): (&OptimizeResult, &FitResult),
        from: &Value,
    ) -> Result<Value, Failure> {
        let options = ReportOptions::default().with_sed(Choice::All);
        let mut progress = output.progress();
        let input = gather(analysis, &options, progress.as_mut())?;
        drop(progress);
        let input = input
            .with_optimized(Some(optimized.clone()))
            .with_fit(Some(fitted.clone()))
            .with_provenance(from.clone())
            .with_config(resolved_config(&self.out.join("config.yaml")).map_err(roi_fit::Error::from)?)
            .with_command(quoted(&self.out.join("fitted.json").to_string_lossy()));
        report::write(&input, &self.page())
    }
}

/// The true value of each fitted parameter, what was found, and how many errors they are apart.
fn beside(truth: &Roi, fitted: &FitResult) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["source", "parameter", "true", "fitted", "error", "pull"]);
    for column in table.column_iter_mut().filter(|column| column.index > 1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let (values, errors) = (fitted.true_values(), fitted.true_errors());
    for (((source, parameter), value), error) in
        fitted.src_names.iter().zip(&fitted.par_names).zip(&values).zip(&errors)
    {
        let known = truth.source(source).ok().and_then(|source| source.spectrum().parameter(parameter));
        let Some(known) = known else { continue };
        let known = known.true_value();
        let pull = (value - known) / error;
        table.add_row([
            source.clone(),
            parameter.clone(),
            scientific(known, 3),
            scientific(*value, 3),
            if *error > 0.0 { scientific(*error, 1) } else { "---".into() },
            if pull.is_finite() { fixed(pull, 2) } else { "---".into() },
        ]);
    }
    table
}
