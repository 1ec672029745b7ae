//! `roi-fit fit`.

use std::str::FromStr;

use clap::Args;
use roi_fit::{Analysis, FitOptions, FitResult, Pars, Selection};

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::first::{First, with_optimization};

/// Fit all free parameters: those free in the model, and those that the options free
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit fit config.yaml
  roi-fit fit config.yaml --distance 3 --pars norm --free galdiff --free isodiff
  roi-fit fit config.yaml --optimizer NEWMINUIT --reoptimize --json fit.json --xml fitted.xml")]
#[expect(clippy::struct_excessive_bools, reason = "one a flag of the command line")]
pub(crate) struct Fit {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
    /// Free a source, or some of its parameters: norm, shape, all, or names separated by commas (may be repeated)
    #[arg(long, value_name = "NAME[:PARS]")]
    free: Vec<String>,
    /// Fix everything before the other options free
    #[arg(long)]
    fix_all: bool,
    /// Free the sources within this many degrees of the centre (diffuse ones always pass)
    #[arg(long, value_name = "DEG", allow_negative_numbers = true)]
    distance: Option<f64>,
    /// What the selection frees
    #[arg(long, value_name = "norm|shape|all", default_value = "all")]
    pars: String,
    /// Free the sources with a TS in this range; either end may be left out, as in `10,`. Unless --optimize-first has computed the TS, it
    /// is that of the model as it stands, which need not be at its maximum
    #[arg(long, value_name = "LO,HI", allow_hyphen_values = true)]
    minmax_ts: Option<String>,
    /// Free the sources with predicted counts in this range
    #[arg(long, value_name = "LO,HI", allow_hyphen_values = true)]
    minmax_npred: Option<String>,
    /// Optimizer, also of --optimize-first [config or MINUIT]
    #[arg(long, value_name = "NAME")]
    optimizer: Option<String>,
    /// Tolerance, also of --optimize-first [config or 1e-3]
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    tol: Option<f64>,
    /// Limit of iterations of one attempt
    #[arg(long, value_name = "N")]
    max_iter: Option<usize>,
    /// Limit of likelihood evaluations of one attempt
    #[arg(long, value_name = "N")]
    max_calls: Option<usize>,
    /// How many attempts are made at most [config or 3]
    #[arg(long, value_name = "N")]
    retries: Option<usize>,
    /// Quality below which every parameter is restored [config or 3]
    #[arg(long, value_name = "Q")]
    min_fit_quality: Option<u8>,
    /// Compute asymmetric (MINOS) errors of the free parameters
    #[arg(long)]
    minos: bool,
    /// Refit all other free parameters for each TS
    #[arg(long)]
    reoptimize: bool,
    /// Do not compute TS and fluxes after the fit
    #[arg(long)]
    no_update: bool,
}

impl Fit {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut analysis = self.region.open(output)?;
        let optimized = self.first.run(output, &mut analysis, |options| {
            if let Some(optimizer) = &self.optimizer {
                options.fit.optimizer.clone_from(optimizer);
            }
            options.fit.tol = self.tol.unwrap_or(options.fit.tol);
        })?;
        self.free(&mut analysis)?;
        let result = analysis.fit(&self.options(&analysis))?;
        show(output, &analysis, &result);
        output.json(&with_optimization(result.to_json(), optimized.as_ref()))?;
        if !result.fit_success {
            return Err(Failure::Fit(result.message));
        }
        self.region.save(&mut analysis)
    }

    fn options(&self, analysis: &Analysis) -> FitOptions {
        let mut options = analysis.fit_options();
        if let Some(optimizer) = &self.optimizer {
            options.optimizer.clone_from(optimizer);
        }
        options.tol = self.tol.unwrap_or(options.tol);
        options.max_iter = self.max_iter.unwrap_or(options.max_iter);
        options.max_calls = self.max_calls;
        options.retries = self.retries.unwrap_or(options.retries);
        options.min_fit_quality = self.min_fit_quality.unwrap_or(options.min_fit_quality);
        options.minos = self.minos;
        options.reoptimize = self.reoptimize;
        options.update = !self.no_update;
        options
    }

    fn free(&self, analysis: &mut Analysis) -> Result<(), Failure> {
        if self.fix_all {
            analysis.fix_all()?;
        }
        for free in &self.free {
            let is_source = analysis.roi().index_of(free).is_ok();
            // A source's own name may hold a colon; only what is no source is taken apart.
            let (name, pars) = match free.rsplit_once(':') {
                Some((name, pars)) if !is_source => (name, parse_pars(pars)?),
                _ => (free.as_str(), Pars::All),
            };
            analysis.free_source(name, true, &pars)?;
        }
        let pars = parse_pars(&self.pars)?;
        if self.distance.is_some_and(|distance| !(distance.is_finite() && distance >= 0.0)) {
            return Err(Failure::Usage("--distance: expected degrees, 0 or more".into()));
        }
        if self.distance.is_some() || self.minmax_ts.is_some() || self.minmax_npred.is_some() {
            let mut selection = self.distance.map_or_else(Selection::all, Selection::within);
            selection.minmax_ts = parse_range("--minmax-ts", self.minmax_ts.as_deref())?;
            selection.minmax_npred = parse_range("--minmax-npred", self.minmax_npred.as_deref())?;
            if self.minmax_ts.is_some() {
                analysis.compute_missing_ts()?;
            }
            analysis.free_sources(&selection, pars, true)?;
        }
        Ok(())
    }
}

fn parse_pars(text: &str) -> Result<Pars, Failure> {
    Pars::from_str(text).map_err(|error| Failure::Usage(error.to_string()))
}

/// `LO,HI` with either end open.
fn parse_range(option: &str, text: Option<&str>) -> Result<(Option<f64>, Option<f64>), Failure> {
    let Some(text) = text else { return Ok((None, None)) };
    let bad =
        || Failure::Usage(format!("{option} {text}: expected LO,HI, where either may be empty, as in 10, or ,25"));
    let (low, high) = text.split_once(',').ok_or_else(bad)?;
    let end = |text: &str| match text.trim() {
        "" => Ok(None),
        number => number.parse().ok().filter(|value: &f64| !value.is_nan()).map(Some).ok_or_else(bad),
    };
    Ok((end(low)?, end(high)?))
}

/// The parameters after a fit, and how far it can be trusted.
pub(crate) fn show(output: &Output, analysis: &Analysis, result: &FitResult) {
    if result.fit_success {
        output.text(analysis.print_params(false));
        output.text(format_args!("\n{}", analysis.print_model()));
    }
    output.text(format_args!(
        "\nfit: quality {} status {} ({}), edm {:.2e}\nlogL {:.6} (gain {:.6}) after {} attempt(s), {} values, {} gradients, {} Hessians, {:.3} s",
        result.fit_quality,
        result.fit_status,
        result.message,
        result.edm,
        result.loglike,
        result.dloglike,
        result.niter,
        result.calls.values,
        result.calls.gradients,
        result.calls.hessians,
        result.timing.fit
    ));
    for (row, [lower, upper]) in result.minos.iter().flatten().enumerate() {
        let side = |error: &Option<f64>| error.map_or("not found".into(), |error| format!("{error:+.4e}"));
        let name = format!("{} {}", result.src_names[row], result.par_names[row]);
        output.text(format_args!("  MINOS {name}: {:.4e} {} {}", result.values[row], side(lower), side(upper)));
    }
    for &row in &result.at_limit {
        output.text(format_args!("  at its limit: {} {}", result.src_names[row], result.par_names[row]));
    }
    for warning in &result.warnings {
        output.text(format_args!("  warning: {warning}"));
    }
}
