//! `roi-fit sed`.

use std::path::PathBuf;

use clap::Args;
use roi_estimators::{SedBin, SedOptions, SedResult, sed};
use roi_fit::Analysis;

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;

/// The spectrum of a source, energy bin by energy bin, with upper limits
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit sed config.yaml 'Mkn 421' --model fit.json --fits mkn421_sed.fits
  roi-fit sed config.yaml 'Mkn 421' --optimize-first --use-local-index --free-background --json sed.json")]
pub(crate) struct Sed {
    #[command(flatten)]
    region: Region,
    /// Name or alias of the source
    source: String,
    #[command(flatten)]
    first: First,
    #[arg(long, value_name = "G", allow_negative_numbers = true, help = SedOptions::BIN_INDEX.own_help())]
    bin_index: Option<f64>,
    #[arg(long, help = SedOptions::USE_LOCAL_INDEX.switch_help())]
    use_local_index: bool,
    #[arg(long, help = SedOptions::FREE_BACKGROUND.switch_help())]
    free_background: bool,
    #[arg(long, value_name = "DEG", allow_negative_numbers = true, help = SedOptions::FREE_RADIUS.own_help())]
    free_radius: Option<f64>,
    /// Free these parameters of the source in the fit of the whole range, instead of norm and shape
    #[arg(long, value_name = "PAR1,PAR2,...", value_delimiter = ',')]
    free_pars: Vec<String>,
    #[arg(long, value_name = "CL", allow_negative_numbers = true, help = SedOptions::UL_CONFIDENCE.own_help())]
    ul_confidence: Option<f64>,
    #[arg(long, value_name = "X", allow_negative_numbers = true, help = SedOptions::COV_SCALE.own_help())]
    cov_scale: Option<f64>,
    /// No priors on the background
    #[arg(long, conflicts_with = "cov_scale")]
    no_priors: bool,
    /// Edges of the bins, log10 of MeV, each an edge of the analysis; all of those when none are given
    #[arg(long, value_name = "X1,X2,...", value_delimiter = ',', allow_negative_numbers = true)]
    loge_bins: Option<Vec<f64>>,
    #[arg(long, value_name = "N", help = SedOptions::LLSCAN_NPTS.own_help())]
    npts: Option<usize>,
    /// Write the tables `SED`, `MODEL_FLUX` and `PARAMS`
    #[arg(long, value_name = "FILE")]
    fits: Option<PathBuf>,
    /// Write the table SED as ECSV
    #[arg(long, value_name = "FILE")]
    ecsv: Option<PathBuf>,
}

impl Sed {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let files = [("--fits", self.fits.as_deref()), ("--ecsv", self.ecsv.as_deref())];
        let mut analysis = self.region.open_to_write(output, None, &files)?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let result = sed(analysis.session(), &self.source, &self.options(&analysis))?;
        show(output, &result);
        if let Some(path) = &self.fits {
            result.write_fits(path)?;
        }
        if let Some(path) = &self.ecsv {
            result.write_ecsv(path)?;
        }
        self.region.save(output, &mut analysis)?;
        output.json(|| completed(result.to_json(), &analysis, optimized.as_ref(), self.region.provenance()))
    }

    /// The defaults with what the command line has over them.
    fn options(&self, analysis: &Analysis) -> SedOptions {
        let defaults = SedOptions::default();
        let cov_scale = if self.no_priors { None } else { self.cov_scale.or(defaults.cov_scale) };
        SedOptions::default()
            .with_bin_index(self.bin_index.unwrap_or(defaults.bin_index))
            .with_use_local_index(self.use_local_index)
            .with_free_background(self.free_background)
            .with_free_radius(self.free_radius)
            .with_free_pars(self.free_pars.clone())
            .with_ul_confidence(self.ul_confidence.unwrap_or(defaults.ul_confidence))
            .with_cov_scale(cov_scale)
            .with_loge_bins(self.loge_bins.clone())
            .with_llscan_npts(self.npts.unwrap_or(defaults.llscan_npts))
            .with_optimizer(analysis.fit_options())
    }
}

/// One line a bin.
fn show(output: &Output, result: &SedResult) {
    // 100 times 0.683 is no 68.3 in binary.
    let percent = (1e8 * result.config.ul_confidence).round() / 1e6;
    output.text(format_args!("{}: E^2 dN/dE in MeV cm-2 s-1, upper limits at {percent} %", result.name));
    let header = ["e_min [MeV]", "e_max [MeV]", "e2dnde", "error -", "error +", "limit", "ts", "npred", "counts"];
    output.text(header.map(|word| format!("{word:>11}")).join(" "));
    let number = |value: Option<f64>| value.map_or_else(|| format!("{:>11}", "---"), |value| format!("{value:>11.3e}"));
    for bin in &result.bins {
        let e2dnde = |norm: Option<f64>| number(norm.map(|norm| norm * bin.reference.e2dnde));
        let SedBin { e_min, e_max, ts, npred, counts, .. } = bin;
        output.text(format_args!(
            "{e_min:>11.2} {e_max:>11.2} {} {} {} {} {ts:>11.2} {npred:>11.2} {counts:>11}{}",
            e2dnde(bin.norm),
            e2dnde(bin.norm_err_lo),
            e2dnde(bin.norm_err_hi),
            e2dnde(bin.norm_ul),
            if bin.fit_status == 0 { "" } else { "  not fitted" }
        ));
    }
    for warning in &result.warnings {
        tracing::warn!("{warning}");
    }
}
