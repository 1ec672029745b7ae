//! `roi-fit optimize`.

use clap::Args;
use roi_fit::{Analysis, FitOptions, OptimizeOptions, OptimizeResult, scientific};

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

/// Optimize the region in three steps: the largest components jointly, every other norm alone, shapes of significant sources
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit optimize config.yaml --xml optimized.xml --json optimize.json
  roi-fit optimize config.yaml --until-converged")]
pub(crate) struct Optimize {
    #[command(flatten)]
    region: Region,
    #[arg(long, value_name = "F", allow_negative_numbers = true, help = OptimizeOptions::NPRED_FRAC.help(""))]
    npred_frac: Option<f64>,
    #[arg(long, value_name = "F", allow_negative_numbers = true, help = OptimizeOptions::NPRED_THRESHOLD.help(""))]
    npred_threshold: Option<f64>,
    #[arg(long, value_name = "F", allow_negative_numbers = true, help = OptimizeOptions::SHAPE_TS_THRESHOLD.help(""))]
    shape_ts_threshold: Option<f64>,
    #[arg(long, value_name = "N", help = OptimizeOptions::MAX_FREE_SOURCES.help(""))]
    max_free_sources: Option<usize>,
    #[arg(long, value_name = "NAME", help = OptimizeOptions::SKIP.help(" (may be repeated)"))]
    skip: Vec<String>,
    #[arg(long, value_name = "NAME", help = FitOptions::OPTIMIZER.help(""))]
    optimizer: Option<String>,
    #[arg(long, help = OptimizeOptions::UNTIL_CONVERGED.switch_help())]
    until_converged: bool,
}

impl Optimize {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut analysis = self.region.open_for_fluxes(output, true)?;
        let mut options: OptimizeOptions = analysis.optimize_options();
        options.npred_frac = self.npred_frac.unwrap_or(options.npred_frac);
        options.npred_threshold = self.npred_threshold.unwrap_or(options.npred_threshold);
        options.shape_ts_threshold = self.shape_ts_threshold.unwrap_or(options.shape_ts_threshold);
        options.max_free_sources = self.max_free_sources.unwrap_or(options.max_free_sources);
        options.skip.extend(self.skip.iter().cloned());
        options.until_converged |= self.until_converged;
        if let Some(optimizer) = &self.optimizer {
            options.fit.optimizer.clone_from(optimizer);
        }
        let result = analysis.optimize(&options)?;
        show(output, &analysis, &result);
        self.region.save(output, &mut analysis)?;
        output.json(|| super::dictionary::completed(result.to_json(), &analysis, None, self.region.provenance()))?;
        result.failure().map_or(Ok(()), |message| Err(Failure::Fit(message)))
    }
}

/// The region after an optimisation, and what it gained.
pub(crate) fn show(output: &Output, analysis: &Analysis, result: &OptimizeResult) {
    output.text(analysis.print_roi());
    let failed = result.n_failed();
    output.text(format_args!(
        "\noptimize: {} fits in {:.2} s, logL {:.4} -> {:.4} (gain {:.4})",
        result.steps.len(),
        result.timing.fit,
        result.loglike0,
        result.loglike1,
        result.dloglike
    ));
    if let Some(c) = &result.convergence {
        output.text(format_args!(
            "joint maximum of {} parameters {} after {} round(s): quality {}, edm {}, largest pull {} per standard deviation, {} at a bound",
            c.n_free,
            if c.converged { "reached" } else { "not reached" },
            c.rounds,
            c.fit_quality,
            scientific(c.edm, 2),
            scientific(c.largest_pull, 2),
            c.at_limit.len()
        ));
    }
    for step in result.steps.iter().filter(|step| !step.fit_success) {
        output.text(format_args!("  step {} {}: {}", step.step, step.sources.join(", "), step.message));
    }
    if failed > 0 {
        output.text(format_args!("{failed} fit(s) failed; their parameters were restored"));
    }
}
