//! `roi-fit localize`.

use std::path::PathBuf;

use clap::Args;
use roi_estimators::{Localization, LocalizeOptions, localize};

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;

/// The position of a source with its error ellipse; the source is moved in the model that is written
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit localize config.yaml 'Mkn 421' --model fit.json --json loc.json --fits mkn421_loc.fits
  roi-fit localize config.yaml 'Mkn 421' --optimize-first --free-background --write-roi localized")]
pub(crate) struct Localize {
    #[command(flatten)]
    region: Region,
    /// Name or alias of the source
    source: String,
    #[command(flatten)]
    first: First,
    #[arg(long, value_name = "N", help = LocalizeOptions::NSTEP.own_help())]
    nstep: Option<usize>,
    #[arg(long, value_name = "DEG", allow_negative_numbers = true, help = LocalizeOptions::DTHETA_MAX.own_help())]
    dtheta_max: Option<f64>,
    #[arg(long, help = LocalizeOptions::FREE_BACKGROUND.switch_help())]
    free_background: bool,
    #[arg(long, value_name = "DEG", allow_negative_numbers = true, help = LocalizeOptions::FREE_RADIUS.own_help())]
    free_radius: Option<f64>,
    #[arg(long, help = LocalizeOptions::FIX_SHAPE.switch_help())]
    fix_shape: bool,
    /// Leave the source where it is in the model that is written
    #[arg(long)]
    no_update: bool,
    /// Write the scan as an image and the table `LOC_DATA`
    #[arg(long, value_name = "FILE")]
    fits: Option<PathBuf>,
    /// Write the table `LOC_DATA` as ECSV
    #[arg(long, value_name = "FILE")]
    ecsv: Option<PathBuf>,
}

impl Localize {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let files = [("--fits", self.fits.as_deref()), ("--ecsv", self.ecsv.as_deref())];
        let mut analysis = self.region.open_to_write(output, None, &files)?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let options = self.options();
        let mut progress = output.progress();
        let result = localize(analysis.session(), analysis.trial_makers(), &self.source, &options, progress.as_mut())?;
        drop(progress);
        let is_moved = result.apply(&mut analysis)?;
        show(output, &result, is_moved);
        if let Some(path) = &self.fits {
            result.write_fits(path)?;
        }
        if let Some(path) = &self.ecsv {
            result.write_ecsv(path)?;
        }
        self.region.save(output, &mut analysis)?;
        output.json(&completed(result.to_json(), &analysis, optimized.as_ref(), self.region.provenance()))
    }

    /// The defaults with what the command line has over them.
    fn options(&self) -> LocalizeOptions {
        let defaults = LocalizeOptions::default();
        LocalizeOptions::default()
            .with_nstep(self.nstep.unwrap_or(defaults.nstep))
            .with_dtheta_max(self.dtheta_max.unwrap_or(defaults.dtheta_max))
            .with_free_background(self.free_background)
            .with_free_radius(self.free_radius)
            .with_fix_shape(self.fix_shape)
            .with_update(!self.no_update)
    }
}

fn show(output: &Output, result: &Localization, is_moved: bool) {
    let (position, preloc) = (&result.position, &result.preloc);
    let (glon, glat) = position.to_galactic();
    output.text(format_args!("{}: {}", result.name, if is_moved { "moved" } else { "not moved in the model" }));
    output.text(format_args!("{:<22} {:>11.5} {:>11.5} deg", "RA, Dec before", preloc.ra(), preloc.dec()));
    output.text(format_args!("{:<22} {:>11.5} {:>11.5} deg", "RA, Dec", position.ra(), position.dec()));
    output.text(format_args!("{:<22} {glon:>11.5} {glat:>11.5} deg", "l, b"));
    output.text(format_args!("{:<22} {:>11.5} deg", "offset", result.pos_offset()));
    if let Some(ellipse) = &result.ellipse {
        output.text(format_args!(
            "{:<22} {:>11.5} {:>11.5} deg, {:.1} deg from north to east",
            "1 sigma ellipse", ellipse.semimajor, ellipse.semiminor, ellipse.angle
        ));
        output.text(format_args!(
            "{:<22} {:>11.5} {:>11.5} {:>11.5} deg",
            "r68, r95, r99", ellipse.r68, ellipse.r95, ellipse.r99
        ));
    }
    let gain = result.loglike_loc - result.loglike_base;
    output.text(format_args!("{:<22} {:>11.3}, {gain:+.3} to that before", "logL", result.loglike_loc));
    for warning in &result.warnings {
        tracing::warn!("{warning}");
    }
}
