//! `roi-fit tscube`.

use std::path::PathBuf;

use clap::Args;
use roi_estimators::{TsCube, TsCubeOptions, tscube};

use super::dictionary::completed;
use super::first::First;
use super::map_model::{MapModel, MapPlace, words};
use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

/// What one more source would gain at each pixel with the free norms fitted beside it, and its spectrum there
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit tscube config.yaml --model fit.json --map-size 2 --fits tscube.fits
  roi-fit tscube config.yaml --model fit.json --exclude 'Mkn 421' --map-skydir 166.11,38.21 --map-size 1 --cov-scale 3 --json tscube.json")]
pub(crate) struct Tscube {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
    /// Leave a source out of the model (may be repeated)
    #[arg(long, value_name = "NAME")]
    exclude: Vec<String>,
    #[command(flatten)]
    place: MapPlace,
    /// Fit the whole range of energies alone
    #[arg(long)]
    no_sed: bool,
    #[arg(long, value_name = "N", help = TsCubeOptions::NNORM.own_help())]
    nnorm: Option<usize>,
    #[arg(long, value_name = "X", allow_negative_numbers = true, help = TsCubeOptions::COV_SCALE_BB.own_help())]
    cov_scale_bb: Option<f64>,
    #[arg(long, value_name = "X", allow_negative_numbers = true, help = TsCubeOptions::COV_SCALE.own_help())]
    cov_scale: Option<f64>,
    /// Write the map of TS, and tables of fits and scans
    #[arg(long, value_name = "FILE")]
    fits: Option<PathBuf>,
    #[command(flatten)]
    model: MapModel,
}

impl Tscube {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let model = self.model.source()?;
        let mut analysis = self.region.open_to_write(output, None, &[("--fits", self.fits.as_deref())])?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let options = TsCubeOptions::default();
        let nnorm = self.nnorm.unwrap_or(options.nnorm);
        let options = options
            .with_model(model)
            .with_exclude(self.exclude.clone())
            .with_map_skydir(self.place.map_skydir)
            .with_map_size(self.place.map_size)
            .with_do_sed(!self.no_sed)
            .with_nnorm(nnorm)
            .with_cov_scale_bb(self.cov_scale_bb)
            .with_cov_scale(self.cov_scale);
        let mut progress = output.progress();
        let cube = tscube(&analysis, &options, progress.as_mut())?;
        drop(progress);
        show(output, &cube);
        if let Some(path) = &self.fits {
            cube.write_fits(path)?;
        }
        self.region.save(output, &mut analysis)?;
        output.json(|| completed(cube.to_json(), &analysis, optimized.as_ref(), self.region.provenance()))
    }
}

/// The highest pixel, and its spectrum.
fn show(output: &Output, cube: &TsCube) {
    let [ny, nx] = cube.grid.shape();
    output.text(format_args!("{}: {nx} x {ny} pixels", cube.name));
    let Some((at, ts)) = super::tsmap::highest(cube.ts.indexed_iter()) else { return };
    let (amplitude, error) = (cube.amplitude[at], cube.amplitude_err[at]);
    output.text(format_args!(
        "highest: TS {ts:.3}, npred {:.2}, amplitude {amplitude:.3e} +- {error:.1e}, {}",
        cube.npred[at],
        words(cube.grid.direction(at.0 * nx + at.1))
    ));
    if cube.bin_ts.is_empty() {
        return;
    }
    output.text(format_args!("{:>12} {:>12} {:>10} {:>14}", "E_min", "E_max", "TS", "dN/dE"));
    output.text(format_args!("{:>12} {:>12} {:>10} {:>14}", "(MeV)", "(MeV)", "", "(/cm2/s/MeV)"));
    for (range, (ts, dnde)) in cube.energies.windows(2).zip(cube.bin_ts.iter().zip(&cube.bin_dnde)) {
        output.text(format_args!("{:>12.1} {:>12.1} {:>10.2} {:>14.3e}", range[0], range[1], ts[at], dnde[at]));
    }
}
