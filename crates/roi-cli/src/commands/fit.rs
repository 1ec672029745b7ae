//! `roi-fit fit`.

use clap::Args;
use roi_fit::{Analysis, FitResult};

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;
use super::fitting::{Fitting, Freeing};

/// Fit all free parameters: those free in the model, and those that the options free
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit fit config.yaml
  roi-fit fit config.yaml --distance 3 --pars norm --free galdiff --free isodiff
  roi-fit fit config.yaml --optimizer NEWMINUIT --reoptimize --json fit.json --xml fitted.xml")]
pub(crate) struct Fit {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
    #[command(flatten)]
    freeing: Freeing,
    #[command(flatten)]
    fitting: Fitting,
}

impl Fit {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        self.freeing.check()?;
        let mut analysis = self.region.open_for_fluxes(output, !self.fitting.plain().no_update)?;
        let optimized = self.first.run(output, &mut analysis, |options| self.fitting.change(&mut options.fit))?;
        self.freeing.apply(&mut analysis)?;
        let result = analysis.fit(&self.fitting.options(&analysis))?;
        show(output, &mut analysis, &result);
        output.json(|| completed(result.to_json(), &analysis, optimized.as_ref(), self.region.provenance()))?;
        if !result.fit_success {
            // What was optimized before a signal came is worth keeping.
            if crate::signals::caught().is_some() && optimized.is_some() {
                self.region.save(output, &mut analysis)?;
            }
            return Err(Failure::Fit(result.message));
        }
        self.region.save(output, &mut analysis)
    }
}

/// The parameters after a fit, and how far it can be trusted.
pub(crate) fn show(output: &Output, analysis: &mut Analysis, result: &FitResult) {
    if result.fit_success {
        output.text(analysis.print_fit(result));
        output.text(format_args!("\n{}", analysis.print_model()));
    }
    let edm = if result.edm.is_finite() { roi_fit::scientific(result.edm, 2) } else { "---".into() };
    let (start, end) = if result.fit_success {
        ("", String::new())
    } else {
        // What the model has again.
        let restored = analysis.loglike().map_or("---".into(), |loglike| format!("{loglike:.6}"));
        ("last attempt: ", format!("\nthe model is restored: logL {restored}"))
    };
    output.text(format_args!(
        "\nfit: quality {} status {}{}, edm {edm}\n{start}logL {:.6} (gain {:.6}) after {} attempt(s), {} values, {} gradients, {} Hessians, {:.3} s{end}",
        result.fit_quality,
        result.fit_status,
        // Why it failed is told once, as the error.
        if result.fit_success { format!(" ({})", result.message) } else { String::new() },
        result.loglike,
        result.dloglike,
        result.niter,
        result.calls.values,
        result.calls.gradients,
        result.calls.hessians,
        result.timing.fit
    ));
    for &row in &result.at_limit {
        output.text(format_args!("  at its limit: {} {}", result.src_names[row], result.par_names[row]));
    }
    for warning in &result.warnings {
        output.text(format_args!("  warning: {warning}"));
    }
}
