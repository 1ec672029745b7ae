//! `roi-fit report`.

use std::path::{Path, PathBuf};

use clap::Args;
use roi_estimators::{CurvatureOptions, LocalizeOptions, SedOptions};
use roi_fit::{Analysis, FitResult};
use roi_report::{Beside, Choice, ReportInput, ReportOptions, gather, write_report};
use serde_json::Value;

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;

/// One page of a region: status of the fit, maps, spectra, sources, goodness of fit. It opens in a browser without a network
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit report config.yaml --optimize-first --fit-first --out report.html
  roi-fit report config.yaml --model fitted.json --sed all --localize notable
  roi-fit report fitted.json --sed 'Mkn 421,Mkn 180' --no-tsmap --out mkn421.html")]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Report {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
    /// Fit what is free in the model first, after --optimize-first if that is given, too
    #[arg(long)]
    fit_first: bool,
    /// The page
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
    /// Sources whose spectra are fitted bin by bin: none, notable (those with a free parameter, and the brightest, 20 at most), all, or names separated by commas
    #[arg(long, value_name = "none|notable|all|NAMES", default_value = "notable")]
    sed: Choice,
    /// Sources whose positions are fitted: none, notable, all, or names separated by commas
    #[arg(long, value_name = "none|notable|all|NAMES", default_value = "none")]
    localize: Choice,
    /// Sources whose light curves are made, from event files, in the time bins of section `lightcurve` of the configuration: none, notable, all, or names separated by commas
    #[arg(long, value_name = "none|notable|all|NAMES", default_value = "none")]
    lightcurve: Choice,
    /// Sources whose widths are fitted: none, notable, all, or names separated by commas
    #[arg(long, value_name = "none|notable|all|NAMES", default_value = "none")]
    extension: Choice,
    /// Sources whose spectra are tested for curvature: none, notable, all, or names separated by commas
    #[arg(long, value_name = "none|notable|all|NAMES", default_value = "none")]
    curvature: Choice,
    /// Write spectra, positions, widths, light curves and maps as FITS files, too, into a folder beside the page (its name and `_files`), and link them there
    #[arg(long)]
    fits: bool,
    /// Make no map of the residuals
    #[arg(long)]
    no_residmap: bool,
    /// Make no map of the TS
    #[arg(long)]
    no_tsmap: bool,
    /// Edges of the bins of the spectra, log10 of MeV, each an edge of the analysis; all of those when none are given
    #[arg(long, value_name = "X1,X2,...", value_delimiter = ',', allow_negative_numbers = true)]
    loge_bins: Option<Vec<f64>>,
    #[arg(long, value_name = "N", help = LocalizeOptions::NSTEP.own_help())]
    nstep: Option<usize>,
}

impl Report {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut analysis = self.region.open_to_write(output, None, &[("--out", Some(&self.out))])?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let fit = if self.fit_first { Some(analysis.fit(&analysis.fit_options())?) } else { None };
        if let Some(fit) = &fit {
            super::fit::show(output, &mut analysis, fit);
        }
        let options = self.options(&analysis);
        let mut progress = output.progress();
        let input = gather(&mut analysis, &options, progress.as_mut())?;
        drop(progress);
        let provenance = self.region.provenance();
        let input = input
            .with_optimized(optimized.clone())
            .with_fit(fit)
            .with_provenance(provenance.clone())
            .with_config(self.region.options())
            .with_command(self.region.words());
        let written = write(&input, &self.out)?;
        let megabytes = written["bytes"].as_f64().unwrap_or_default() / 1e6;
        output.text(format_args!("report: {} ({megabytes:.1} MB); open it in a browser", self.out.display()));
        self.region.save(output, &mut analysis)?;
        output.json(|| completed(written, &analysis, optimized.as_ref(), provenance))?;
        failure(input.fit.as_ref())
    }

    /// The defaults with what the command line has over them.
    fn options(&self, analysis: &Analysis) -> ReportOptions {
        let sed = SedOptions::default().with_loge_bins(self.loge_bins.clone()).with_optimizer(analysis.fit_options());
        let localize = LocalizeOptions::default();
        let nstep = self.nstep.unwrap_or(localize.nstep);
        ReportOptions::default()
            .with_sed(self.sed.clone())
            .with_localize(self.localize.clone())
            .with_light_curve(self.lightcurve.clone())
            .with_extension(self.extension.clone())
            .with_curvature(self.curvature.clone())
            .with_curvature_options(CurvatureOptions::default().with_optimizer(analysis.fit_options()))
            .with_fits(self.fits.then(|| Beside::of(&self.out)))
            .with_residmap(!self.no_residmap)
            .with_tsmap(!self.no_tsmap)
            .with_sed_options(sed)
            .with_localize_options(localize.with_nstep(nstep))
    }
}

/// Writes the page, warns of what it lacks, and returns what there is to say for programs.
pub(crate) fn write(input: &ReportInput, path: &Path) -> Result<Value, Failure> {
    let bytes = write_report(input, path)?;
    for problem in &input.problems {
        let of = if problem.source.is_empty() { String::new() } else { format!(" of {}", problem.source) };
        tracing::warn!("report without the {}{of}: {}", problem.what, problem.message);
    }
    Ok(input.told(path, bytes))
}

/// A page of a fit that failed is written, and yet the fit failed.
fn failure(fit: Option<&FitResult>) -> Result<(), Failure> {
    match fit {
        Some(fit) if !fit.fit_success => Err(Failure::Fit(fit.message.clone())),
        _ => Ok(()),
    }
}
