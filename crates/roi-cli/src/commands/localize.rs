//! `roi-fit localize`.

use std::path::PathBuf;

use clap::Args;
use roi_estimators::{
    ErrorEllipse, Localization, LocalizeOptions, LocatedSources, PositionsOptions, fit_positions, localize,
    localize_many,
};
use roi_fit::{Analysis, SkyDirection};
use serde_json::Value;

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;
use super::tsmap::shown_at_best;

/// The position of a source with its error ellipse, or of several; they are moved in the model that is written
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit localize config.yaml 'Mkn 421' --model fit.json --json loc.json --fits mkn421_loc.fits
  roi-fit localize config.yaml --all --model fit.json --json positions.json
  roi-fit localize config.yaml 'Mkn 421' 'Mkn 180' --joint --model fit.json --json positions.json
  roi-fit localize config.yaml 'Mkn 421' --optimize-first --free-background --write-roi localized")]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Localize {
    #[command(flatten)]
    region: Region,
    /// Names or aliases of the sources; several are localized side by side, each for itself
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    sources: Vec<String>,
    /// Localize all points, disks and Gaussians of which something is free
    #[arg(long)]
    all: bool,
    /// Fit the positions of all sources together in one fit, with everything that is free
    #[arg(long, conflicts_with_all = ["nstep", "free_background"])]
    joint: bool,
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
        let json = match &self.sources[..] {
            _ if self.joint => self.together(output, &mut analysis)?,
            [source] => self.alone(output, &mut analysis, source)?,
            _ => self.side_by_side(output, &mut analysis)?,
        };
        self.region.save(output, &mut analysis)?;
        output.json(|| completed(json, &analysis, optimized.as_ref(), self.region.provenance()))
    }

    fn alone(&self, output: &Output, analysis: &mut Analysis, source: &str) -> Result<Value, Failure> {
        let mut progress = output.progress();
        let options = self.options();
        let mut result = localize(analysis.session(), analysis.trial_makers(), source, &options, progress.as_mut())?;
        if self.fits.is_some() {
            shown_at_best(result.add_tsmap(analysis, progress.as_mut()))?;
        }
        drop(progress);
        let is_moved = result.apply(analysis)?;
        show(output, &result, is_moved);
        if let Some(path) = &self.fits {
            result.write_fits(path)?;
        }
        if let Some(path) = &self.ecsv {
            result.write_ecsv(path)?;
        }
        Ok(result.to_json())
    }

    fn side_by_side(&self, output: &Output, analysis: &mut Analysis) -> Result<Value, Failure> {
        let (names, options, mut progress) = (self.names(analysis)?, self.options(), output.progress());
        let found = localize_many(analysis.session(), analysis.trial_makers(), &names, &options, progress.as_mut())?;
        drop(progress);
        if found.found().next().is_none() {
            // Nothing found is no success, as it is none of one source alone.
            let errors = found.sources.into_iter().filter_map(|source| source.found.err());
            let told = errors.map(|error| error.to_string()).collect::<Vec<_>>().join("; ");
            return Err(Failure::Usage(format!("no source could be localized: {told}")));
        }
        let moved = found.apply(analysis)?;
        heading(output);
        for source in &found.sources {
            match &source.found {
                Ok(found) => {
                    line(output, (&found.name, &found.position), found.pos_offset(), found.ellipse.as_ref());
                    found.warnings.iter().for_each(|warning| tracing::warn!("{}: {warning}", found.name));
                }
                Err(error) => tracing::warn!("{}: {error}", source.name),
            }
        }
        output.text(format_args!("{moved} of {} sources moved in the model", found.sources.len()));
        if let Some(path) = &self.fits {
            found.write_fits(path)?;
        }
        if let Some(path) = &self.ecsv {
            found.write_ecsv(path)?;
        }
        Ok(found.to_json())
    }

    fn together(&self, output: &Output, analysis: &mut Analysis) -> Result<Value, Failure> {
        let (names, mut progress) = (self.names(analysis)?, output.progress());
        let defaults = PositionsOptions::default();
        let options = PositionsOptions::default()
            .with_dtheta_max(self.dtheta_max.unwrap_or(defaults.dtheta_max))
            .with_free_radius(self.free_radius)
            .with_fix_shape(self.fix_shape)
            .with_update(!self.no_update);
        let found = fit_positions(analysis.session(), analysis.trial_makers(), &names, &options, progress.as_mut())?;
        drop(progress);
        let is_moved = found.apply(analysis)?;
        heading(output);
        for source in &found.sources {
            line(output, (&source.name, &source.position), source.pos_offset(), source.ellipse.as_ref());
        }
        let gain = found.loglike_loc - found.loglike_base;
        let moved = if is_moved { "moved" } else { "not moved in the model" };
        output.text(format_args!("{moved}; logL {:.3}, {gain:+.3} to that before", found.loglike_loc));
        found.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        if let Some(path) = &self.fits {
            found.write_fits(path)?;
        }
        if let Some(path) = &self.ecsv {
            found.write_ecsv(path)?;
        }
        Ok(found.to_json())
    }

    /// The sources that are asked for.
    fn names(&self, analysis: &Analysis) -> Result<Vec<String>, Failure> {
        let names = if self.all { LocatedSources::candidates(analysis.roi()) } else { self.sources.clone() };
        if names.is_empty() {
            let message = "--all: no point, disk or Gaussian of the model has a free parameter; free some in the model (free: true, or fit --free ... --write-roi)";
            return Err(Failure::Usage(message.into()));
        }
        Ok(names)
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

/// What stands in the lines of several sources.
fn heading(output: &Output) {
    let header = ["RA [deg]", "Dec [deg]", "offset [deg]", "r68 [deg]", "r95 [deg]"];
    output.text(format_args!("{:<22} {}", "source", header.map(|word| format!("{word:>12}")).join(" ")));
}

fn line(output: &Output, (name, place): (&str, &SkyDirection), offset: f64, ellipse: Option<&ErrorEllipse>) {
    let radius = |of: fn(&ErrorEllipse) -> f64| ellipse.map_or_else(|| "---".into(), |own| format!("{:.5}", of(own)));
    output.text(format_args!(
        "{name:<22} {:>12.5} {:>12.5} {offset:>12.5} {:>12} {:>12}",
        place.ra(),
        place.dec(),
        radius(|own| own.r68),
        radius(|own| own.r95)
    ));
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
