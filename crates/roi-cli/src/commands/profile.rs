//! `roi-fit profile`.

use clap::Args;
use roi_fit::ProfileOptions;

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;

/// Log-likelihood along one parameter of a source, with its limits and errors
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit profile config.yaml 'Mkn 421' --fit-first
  roi-fit profile config.yaml 'Mkn 421' Index --reoptimize --npts 30 --json profile.json")]
pub(crate) struct Profile {
    #[command(flatten)]
    region: Region,
    /// Name or alias of the source
    source: String,
    /// The parameter; the normalisation when none is given
    par: Option<String>,
    #[command(flatten)]
    first: First,
    /// Fit the free parameters first
    #[arg(long)]
    fit_first: bool,
    /// Fit the other free parameters again at every point: the normalisations, or with PAR all of them
    #[arg(long)]
    reoptimize: bool,
    /// Number of points
    #[arg(long, value_name = "N", default_value_t = ProfileOptions::default().npts, value_parser = npts)]
    npts: usize,
    /// The points themselves, separated by commas (the scale not applied)
    #[arg(long, value_name = "X1,X2,...", value_delimiter = ',', allow_hyphen_values = true)]
    xvals: Option<Vec<f64>>,
}

/// Fewer points than three show no maximum.
fn npts(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|npts| *npts >= 3).ok_or("expected 3 points or more")
}

impl Profile {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut analysis = self.region.open(output)?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        if self.fit_first {
            let mut options = analysis.fit_options();
            options.update = false;
            let result = analysis.fit(&options)?;
            if !result.fit_success {
                return Err(Failure::Fit(result.message));
            }
        }
        let options = ProfileOptions {
            reoptimize: self.reoptimize,
            npts: self.npts,
            xvals: self.xvals.clone(),
            fix_shape: self.par.is_none(),
        };
        let profile = match &self.par {
            Some(par) => analysis.profile(&self.source, par, &options)?,
            None => analysis.profile_norm(&self.source, &options)?,
        };

        output.text(format_args!("{} {}: logL {:.4}", profile.src_name, profile.par_name, analysis.loglike()?));
        output.text(format_args!("{:>16} {:>14} {:>14} {:>14} {:>14}", "value", "dlogL", "npred", "flux", "eflux"));
        let column = |list: &[f64], row: usize| list.get(row).map_or("---".into(), |value| format!("{value:.6e}"));
        for (row, (x, dloglike)) in profile.xvals.iter().zip(&profile.dloglike).enumerate() {
            output.text(format_args!(
                "{x:>16.9e} {dloglike:>14.6} {:>14} {:>14} {:>14}",
                column(&profile.npred, row),
                column(&profile.flux, row),
                column(&profile.eflux, row)
            ));
        }
        let limits = profile.limits();
        let number = |value: Option<f64>| value.map_or("not found".into(), |value| format!("{value:.6e}"));
        output.text(format_args!(
            "\nmaximum {}   errors -{} +{}   95 % limits {} and {}",
            number(limits.x0),
            number(limits.err_lo),
            number(limits.err_hi),
            number(limits.ll),
            number(limits.ul)
        ));
        self.region.save(output, &mut analysis)?;
        output.json(&completed(profile.to_json(), &analysis, optimized.as_ref()))
    }
}
