//! `roi-fit profile`.

use clap::Args;
use roi_fit::{Profile as Curve, ProfileOptions, fixed, scientific};

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::ecsv::{Column, ecsv, quoted};
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
    #[arg(long, value_name = "N", default_value_t = ProfileOptions::NPTS.value(), value_parser = npts)]
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
        let options = ProfileOptions::default()
            .with_reoptimize(self.reoptimize)
            .with_npts(self.npts)
            .with_xvals(self.xvals.clone())
            .with_fix_shape(self.par.is_none());
        let profile = match &self.par {
            Some(par) => analysis.profile(&self.source, par, &options)?,
            None => analysis.profile_norm(&self.source, &options)?,
        };

        let loglike = analysis.loglike()?;
        output.text(table(&profile, loglike));
        self.region.save(output, &mut analysis)?;
        output.json(|| completed(profile.to_json(), &analysis, optimized.as_ref(), self.region.provenance()))
    }
}

/// The points, and above them what follows from them, as ECSV.
fn table(profile: &Curve, loglike: f64) -> String {
    let limits = profile.limits();
    let number = |value: Option<f64>| value.map_or("null".into(), |value| scientific(value, 6));
    let meta = [
        ("source", quoted(&profile.src_name)),
        ("parameter", quoted(&profile.par_name)),
        ("logL", format!("{loglike:.4}")),
        ("maximum", number(limits.x0)),
        ("error_below", number(limits.err_lo)),
        ("error_above", number(limits.err_hi)),
        ("lower_limit_95", number(limits.ll)),
        ("upper_limit_95", number(limits.ul)),
    ];
    let column = |name: &str, unit, list: &[f64], decimals| Column {
        name: name.into(),
        unit,
        values: list.iter().map(|value| scientific(*value, decimals)).collect(),
    };
    let mut columns = vec![
        column("value", "", &profile.xvals, 9),
        Column {
            name: "dlogL".into(),
            unit: "",
            values: profile.dloglike.iter().map(|value| fixed(*value, 6)).collect(),
        },
    ];
    let others = [
        ("npred", "ct", &profile.npred),
        ("flux", "1 / (cm2 s)", &profile.flux),
        ("eflux", "MeV / (cm2 s)", &profile.eflux),
    ];
    columns.extend(
        others
            .into_iter()
            .filter(|(_, _, list)| !list.is_empty())
            .map(|(name, unit, list)| column(name, unit, list, 6)),
    );
    ecsv(&meta, &columns)
}
