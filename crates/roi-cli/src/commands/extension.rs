//! `roi-fit extension`.

use std::path::PathBuf;

use clap::Args;
use roi_estimators::{Extension as Found, ExtensionOptions, TrialShape, extension};
use roi_fit::PsfScale;

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;
use super::tsmap::shown_at_best;

/// Whether a source is wider than a point, as a disk or a Gaussian, and how wide
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit extension config.yaml 'IC 443' --model fit.json --spatial-model RadialDisk --json ext.json
  roi-fit extension config.yaml 'IC 443' --psf-scale-fn 3:0.05,4:0.05,5.5:0.2 --json wider_psf.json
  roi-fit extension config.yaml 'IC 443' --fit-position --update --sqrt-ts-threshold 4 --write-roi extended")]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Extension {
    #[command(flatten)]
    region: Region,
    /// Name or alias of the source
    source: String,
    #[command(flatten)]
    first: First,
    #[arg(long, value_name = "SHAPE", help = ExtensionOptions::SPATIAL_MODEL.own_help(), value_parser = shape)]
    spatial_model: Option<TrialShape>,
    /// 68 % containment radii of the reported curve, degrees, instead of those from `width_min` to `width_max`
    #[arg(long, value_name = "W1,W2,...", value_delimiter = ',', allow_negative_numbers = true)]
    width: Vec<f64>,
    #[arg(long, value_name = "DEG", allow_negative_numbers = true, help = ExtensionOptions::WIDTH_MIN.own_help())]
    width_min: Option<f64>,
    #[arg(long, value_name = "DEG", allow_negative_numbers = true, help = ExtensionOptions::WIDTH_MAX.own_help())]
    width_max: Option<f64>,
    #[arg(long, value_name = "N", help = ExtensionOptions::WIDTH_NSTEP.own_help())]
    width_nstep: Option<usize>,
    #[arg(long, help = ExtensionOptions::FIT_POSITION.switch_help())]
    fit_position: bool,
    #[arg(long, help = ExtensionOptions::FREE_BACKGROUND.switch_help())]
    free_background: bool,
    #[arg(long, value_name = "DEG", allow_negative_numbers = true, help = ExtensionOptions::FREE_RADIUS.own_help())]
    free_radius: Option<f64>,
    #[arg(long, help = ExtensionOptions::FIX_SHAPE.switch_help())]
    fix_shape: bool,
    #[arg(long, help = ExtensionOptions::FIT_EBIN.switch_help())]
    fit_ebin: bool,
    #[arg(long, requires = "fit_ebin", help = ExtensionOptions::REOPTIMIZE.switch_help())]
    reoptimize: bool,
    #[arg(long, help = ExtensionOptions::UPDATE.switch_help())]
    update: bool,
    #[arg(long, value_name = "X", allow_negative_numbers = true, requires = "update", help = ExtensionOptions::SQRT_TS_THRESHOLD.own_help())]
    sqrt_ts_threshold: Option<f64>,
    #[arg(long, requires = "fits", help = ExtensionOptions::SAVE_MODEL_MAP.switch_help())]
    save_model_map: bool,
    #[arg(
        long,
        value_name = "LOGE:F,...",
        value_parser = psf_scale,
        allow_hyphen_values = true,
        conflicts_with = "update",
        help = ExtensionOptions::PSF_SCALE_FN.own_help()
    )]
    psf_scale_fn: Option<PsfScale>,
    /// Write the tables `EXT_DATA` and `EXT_CURVE`, a TS map around the source, and the cubes of `--save-model-map`
    #[arg(long, value_name = "FILE")]
    fits: Option<PathBuf>,
    /// Write the curve of logL over the width as ECSV
    #[arg(long, value_name = "FILE")]
    ecsv: Option<PathBuf>,
}

fn shape(text: &str) -> Result<TrialShape, &'static str> {
    TrialShape::named(text).filter(|shape| *shape != TrialShape::Point).ok_or("expected RadialGaussian or RadialDisk")
}

/// Energies, log10 of MeV, each with the part by which the PSF is wider there.
fn psf_scale(text: &str) -> Result<PsfScale, String> {
    let node = |part: &str| {
        let (loge, fraction) = part.split_once(':')?;
        Some((loge.trim().parse::<f64>().ok()?, fraction.trim().parse::<f64>().ok()?))
    };
    let nodes: Option<Vec<(f64, f64)>> = text.split(',').map(node).collect();
    let (loge, fractions) =
        nodes.ok_or("expected log10 of MeV and a part of the width, as in 3:0.05,4:0.05,5.5:0.2")?.into_iter().unzip();
    PsfScale::new(loge, fractions).map_err(|error| error.to_string())
}

impl Extension {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let files = [("--fits", self.fits.as_deref()), ("--ecsv", self.ecsv.as_deref())];
        let mut analysis = self.region.open_to_write(output, None, &files)?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let options = self.options();
        let mut progress = output.progress();
        let mut result =
            extension(analysis.session(), analysis.trial_makers(), &self.source, &options, progress.as_mut())?;
        if self.fits.is_some() {
            shown_at_best(result.add_tsmap(&analysis, progress.as_mut()))?;
        }
        result.add_model_cubes(&analysis)?;
        drop(progress);
        let is_extended = result.apply(&mut analysis)?;
        show(output, &result, is_extended);
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
    fn options(&self) -> ExtensionOptions {
        let defaults = ExtensionOptions::default();
        ExtensionOptions::default()
            .with_spatial_model(self.spatial_model.unwrap_or(defaults.spatial_model))
            .with_width(self.width.clone())
            .with_width_min(self.width_min.unwrap_or(defaults.width_min))
            .with_width_max(self.width_max.unwrap_or(defaults.width_max))
            .with_width_nstep(self.width_nstep.unwrap_or(defaults.width_nstep))
            .with_fit_position(self.fit_position)
            .with_free_background(self.free_background)
            .with_free_radius(self.free_radius)
            .with_fix_shape(self.fix_shape)
            .with_fit_ebin(self.fit_ebin)
            .with_reoptimize(self.reoptimize)
            .with_update(self.update)
            .with_sqrt_ts_threshold(self.sqrt_ts_threshold)
            .with_save_model_map(self.save_model_map)
            .with_psf_scale_fn(self.psf_scale_fn.clone())
    }
}

fn show(output: &Output, result: &Found, is_extended: bool) {
    let number = |value: Option<f64>| value.map_or_else(|| "---".to_owned(), |value| format!("{value:.5}"));
    let state = if is_extended { "extended in the model" } else { "as it was in the model" };
    output.text(format_args!("{}: {state}", result.name));
    output.text(format_args!(
        "{:<22} {:.5} + {} - {} deg",
        "68 % radius",
        result.ext,
        number(result.ext_err_hi),
        number(result.ext_err_lo)
    ));
    output.text(format_args!("{:<22} {} deg", "95 % upper limit", number(result.ext_ul95)));
    output.text(format_args!("{:<22} {:.3}", "ts_ext", result.ts_ext()));
    output.text(format_args!("{:<22} {:.3}, of a point {:.3}", "logL", result.loglike_ext, result.loglike_ptsrc));
    if result.config.fit_position {
        let position = &result.position;
        output.text(format_args!("{:<22} {:>11.5} {:>11.5} deg", "RA, Dec", position.ra(), position.dec()));
    }
    for bin in &result.ebins {
        output.text(format_args!(
            "{:>11.2} {:>11.2} MeV {:>9.5} +- {:>9} deg, limit {:>9}, ts_ext {:>9.3}",
            bin.e_min,
            bin.e_max,
            bin.ext(),
            number(bin.ext_err()),
            number(bin.ext_ul95()),
            bin.ts_ext()
        ));
    }
    for warning in &result.warnings {
        tracing::warn!("{warning}");
    }
}
