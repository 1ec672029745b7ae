//! `roi-fit tsmap`.

use std::path::PathBuf;

use clap::Args;
use roi_estimators::{TsMap, TsMapOptions, tsmap};

use super::dictionary::completed;
use super::first::First;
use super::map_model::{MapModel, MapPlace, MapScope, words};
use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

/// What one more source would gain at each pixel: a map of its test statistic
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit tsmap config.yaml --model fit.json --fits tsmap.fits
  roi-fit tsmap config.yaml --model fit.json --exclude 'Mkn 421' --map-skydir 166.11,38.21 --map-size 3 --index 1.8 --json tsmap.json")]
pub(crate) struct Tsmap {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
    #[command(flatten)]
    scope: MapScope,
    #[command(flatten)]
    extent: MapExtent,
    #[arg(long, help = TsMapOptions::LOCAL_PSF.switch_help())]
    local_psf: bool,
    #[arg(long, help = TsMapOptions::REFIT_BACKGROUND.switch_help())]
    refit_background: bool,
    /// Write TS, counts, amplitude and root of TS as images
    #[arg(long, value_name = "FILE")]
    fits: Option<PathBuf>,
    #[command(flatten)]
    model: MapModel,
}

/// Which part of the region, and how far the test source is followed.
#[derive(Args)]
pub(crate) struct MapExtent {
    #[command(flatten)]
    place: MapPlace,
    #[arg(long, value_name = "DEG", allow_negative_numbers = true, help = TsMapOptions::MAX_KERNEL_RADIUS.own_help())]
    max_kernel_radius: Option<f64>,
    #[arg(long, value_name = "X", allow_negative_numbers = true, help = TsMapOptions::THRESHOLD.own_help())]
    threshold: Option<f64>,
}

impl MapExtent {
    /// Options with what the command line says of these.
    pub(crate) fn apply(&self, options: TsMapOptions) -> TsMapOptions {
        let (radius, threshold) = (options.max_kernel_radius, options.threshold);
        options
            .with_map_skydir(self.place.map_skydir)
            .with_map_size(self.place.map_size)
            .with_max_kernel_radius(self.max_kernel_radius.unwrap_or(radius))
            .with_threshold(self.threshold.unwrap_or(threshold))
    }
}

impl Tsmap {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let model = self.model.source()?;
        let mut analysis = self.region.open_to_write(output, None, &[("--fits", self.fits.as_deref())])?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let options = TsMapOptions::default()
            .with_model(model)
            .with_exclude(self.scope.exclude.clone())
            .with_loge_bounds(self.scope.loge_bounds())
            .with_local_psf(self.local_psf)
            .with_refit_background(self.refit_background);
        let mut progress = output.progress();
        let map = tsmap(&analysis, &self.extent.apply(options), progress.as_mut())?;
        drop(progress);
        show(output, &map);
        if let Some(path) = &self.fits {
            map.write_fits(path)?;
        }
        self.region.save(output, &mut analysis)?;
        output.json(|| completed(map.to_json(), &analysis, optimized.as_ref(), self.region.provenance()))
    }
}

/// A map that is a picture beside a result: one that cannot be made is told, and does not cost the result.
pub(super) fn shown_at_best(made: roi_estimators::Result<()>) -> roi_estimators::Result<()> {
    match made {
        Err(error) if !matches!(error, roi_estimators::Error::Stopped) => {
            tracing::warn!("no TS map around the source: {error}");
            Ok(())
        }
        other => other,
    }
}

/// The highest of the pixels that have a number: `max_by` alone would take a pixel that has none for the highest.
pub(super) fn highest<'a, Place>(pixels: impl Iterator<Item = (Place, &'a f64)>) -> Option<(Place, &'a f64)> {
    pixels.filter(|(_, ts)| ts.is_finite()).max_by(|a, b| a.1.total_cmp(b.1))
}

/// The highest pixel, and how many lie above 3, 4 and 5 sigmas.
fn show(output: &Output, map: &TsMap) {
    let [ny, nx] = map.grid.shape();
    output.text(format_args!("{}: {nx} x {ny} pixels", map.name));
    output.text(format_args!("{:>8} {:>10} {:>10} {:>12} {:>12}  place", "", "TS", "sqrt(TS)", "npred", "amplitude"));
    if let Some(((y, x), ts)) = highest(map.ts.indexed_iter()) {
        let (root, npred, amplitude) = (ts.sqrt(), map.npred[[y, x]], map.amplitude[[y, x]]);
        output.text(format_args!(
            "{:>8} {ts:>10.3} {root:>10.3} {npred:>12.2} {amplitude:>12.3e}  {}",
            "highest",
            words(map.grid.direction(y * nx + x))
        ));
    }
    let above = |least: f64| map.ts.iter().filter(|ts| **ts >= least).count();
    output.text(format_args!("pixels with TS of at least 9, 16, 25: {}, {}, {}", above(9.0), above(16.0), above(25.0)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_cannot_be_made_does_not_cost_the_result() {
        assert!(shown_at_best(Err(roi_estimators::Error::Internal { what: "a map" })).is_ok());
        assert!(matches!(shown_at_best(Err(roi_estimators::Error::Stopped)), Err(roi_estimators::Error::Stopped)));
    }

    #[test]
    fn a_pixel_without_a_number_is_not_the_highest() {
        let pixels = [1.0, f64::NAN, 3.0, -f64::NAN];
        assert_eq!(highest(pixels.iter().enumerate()), Some((2, &3.0)));
        assert_eq!(highest([f64::NAN].iter().enumerate()), None);
    }
}
