//! `roi-fit limit`.

use clap::Args;
use roi_estimators::{NormLimit, TestedNorm, ToyLimit, ToyLimitOptions, toy_limit};
use roi_fit::scientific;

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;
use super::fitting::Freeing;

/// The upper limit of a source by toys, where counts are few or the norm is at its bound
///
/// The norm at which the share of simulated data sets that lie at least as far out as the data falls to 1 - CL, whatever law the likelihood follows. Beside
/// it stands the limit from the fall of logL, which `fit` reports.
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit limit config.yaml 'Mkn 421' --optimize-first --distance 3 --pars norm --free galdiff --free isodiff --fit-first
  roi-fit limit config.yaml 'Mkn 421' --model fit.json --toys 4000 --confidence 0.99 --cls --json limit.json")]
pub(crate) struct Limit {
    #[command(flatten)]
    region: Region,
    /// Name or alias of the source, the norm of which is free
    source: String,
    #[command(flatten)]
    first: First,
    #[command(flatten)]
    freeing: Freeing,
    /// Fit the free parameters first
    #[arg(long)]
    fit_first: bool,
    #[arg(long, value_name = "N", help = ToyLimitOptions::TOYS.own_help())]
    toys: Option<usize>,
    /// Seed of the toys; the same seed gives the same limit
    #[arg(long, value_name = "N", default_value_t = ToyLimitOptions::default().seed)]
    seed: u64,
    #[arg(long, value_name = "CL", allow_negative_numbers = true, help = ToyLimitOptions::CONFIDENCE.own_help())]
    confidence: Option<f64>,
    #[arg(long, help = ToyLimitOptions::CLS.switch_help())]
    cls: bool,
}

impl Limit {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        self.freeing.check()?;
        let mut analysis = self.region.open(output)?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        self.freeing.apply(&mut analysis)?;
        if self.fit_first {
            let mut options = analysis.fit_options();
            options.update = false;
            let result = analysis.fit(&options)?;
            if !result.fit_success {
                return Err(Failure::Fit(result.message));
            }
        }
        let defaults = ToyLimitOptions::default();
        let options = ToyLimitOptions::default()
            .with_toys(self.toys.unwrap_or(defaults.toys))
            .with_confidence(self.confidence.unwrap_or(defaults.confidence))
            .with_seed(self.seed)
            .with_cls(self.cls);
        let mut progress = output.progress();
        let maker = analysis.toy_maker(progress.as_mut())?;
        let result = toy_limit(&analysis, &maker, &self.source, &options, progress.as_mut())?;
        drop(progress);
        show(output, &result);
        self.region.save(output, &mut analysis)?;
        output.json(|| completed(result.to_json(), &analysis, optimized.as_ref(), self.region.provenance()))
    }
}

/// The limits, and below them what they come from.
fn show(output: &Output, result: &ToyLimit) {
    // 100 times 0.683 is no 68.3 in binary.
    let percent = (1e8 * result.config.confidence).round() / 1e6;
    let (name, parameter) = (&result.name, &result.par_name);
    output.text(format_args!("{name}: upper limits at {percent} %; {parameter} fits best at {:.4}", result.norm));
    let header = [parameter.as_str(), "error", "flux", "energy flux"].map(|word| format!("{word:>12}")).join(" ");
    output.text(format_args!("{:<12} {header}", ""));
    let number = |value: Option<f64>, decimals: usize| match value {
        Some(value) => format!("{:>12}", scientific(value, decimals)),
        None => format!("{:>12}", "---"),
    };
    let line = |what: &str, limit: &NormLimit| {
        let NormLimit { norm, error, flux, eflux, .. } = *limit;
        let norms = format!("{} {}", number(norm, 4), number(error, 1));
        output.text(format_args!("{what:<12} {norms} {} {}", number(flux, 3), number(eflux, 3)));
    };
    line("toys", &result.limit);
    if let Some((limit, status)) = &result.cls {
        line("CLs", limit);
        if limit.norm.is_none() {
            output.text(format_args!("CLs: {}", status.words()));
        }
    }
    line("fall of logL", &result.asymptotic);
    output.text("flux in cm-2 s-1, energy flux in MeV cm-2 s-1; errors from the number of toys");
    show_tests(output, result);
    for warning in &result.warnings {
        tracing::warn!("{warning}");
    }
}

/// One line a value that was tested.
fn show_tests(output: &Output, result: &ToyLimit) {
    let beside = match result.refitted.len() {
        0 => "nothing else is free".to_owned(),
        1..=6 => format!("with {}", result.refitted.join(", ")),
        n => format!("with {n} other parameters"),
    };
    output
        .text(format_args!("{} toys at each value (seed {}), fitted {beside}", result.config.toys, result.config.seed));
    let cls = if result.cls.is_some() { format!(" {:>20}", "CLs") } else { String::new() };
    output.text(format_args!("{:>12} {:>12} {:>20} {:>8}{cls}", result.par_name, "statistic", "p-value", "failed"));
    let shown = |[value, error]: [f64; 2]| format!("{:>20}", format!("{value:.4} +- {error:.4}"));
    for tested in &result.tested {
        let TestedNorm { norm, statistic, with, .. } = tested;
        let p_value = shown([with.p_value(), with.error()]);
        let failed = with.failed + tested.without.map_or(0, |without| without.failed);
        let cls = tested.cls().map_or_else(String::new, |cls| format!(" {}", shown(cls)));
        output.text(format_args!("{} {statistic:>12.3} {p_value} {failed:>8}{cls}", scientific_norm(*norm)));
    }
}

fn scientific_norm(norm: f64) -> String {
    format!("{:>12}", scientific(norm, 4))
}
