//! `roi-fit residmap`.

use std::path::PathBuf;

use clap::Args;
use roi_estimators::{ResidMap, ResidMapOptions, residmap};

use super::dictionary::completed;
use super::first::First;
use super::map_model::{MapModel, MapScope, words};
use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

/// How far the counts lie above the model around each pixel, in sigmas
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit residmap config.yaml --model fit.json --fits residmap.fits
  roi-fit residmap config.yaml --optimize-first --loge-bounds 3, --spatial-model Gaussian --spatial-width 0.5 --json residmap.json")]
pub(crate) struct Residmap {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
    #[command(flatten)]
    scope: MapScope,
    #[arg(long, help = ResidMapOptions::USE_WEIGHTS.switch_help())]
    use_weights: bool,
    /// Write sigma, smoothed counts, excess and model as images
    #[arg(long, value_name = "FILE")]
    fits: Option<PathBuf>,
    #[command(flatten)]
    model: MapModel,
}

impl Residmap {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let model = self.model.source()?;
        let mut analysis = self.region.open_to_write(output, None, &[("--fits", self.fits.as_deref())])?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let options = ResidMapOptions::default()
            .with_model(model)
            .with_exclude(self.scope.exclude.clone())
            .with_loge_bounds(self.scope.loge_bounds())
            .with_use_weights(self.use_weights);
        let map = residmap(&analysis, &options, output.progress().as_mut())?;
        show(output, &map);
        if let Some(path) = &self.fits {
            map.write_fits(path)?;
        }
        self.region.save(output, &mut analysis)?;
        output.json(|| completed(map.to_json(), &analysis, optimized.as_ref(), self.region.provenance()))
    }
}

/// The highest and the lowest pixel, and how wide sigma is.
fn show(output: &Output, map: &ResidMap) {
    let [ny, nx] = map.grid.shape();
    output.text(format_args!("{}: {nx} x {ny} pixels", map.name));
    output.text(format_args!("{:>8} {:>9} {:>12} {:>12}  place", "", "sigma", "excess", "model"));
    let finite = || map.sigma.indexed_iter().filter(|(_, sigma)| sigma.is_finite());
    let highest = finite().max_by(|a, b| a.1.total_cmp(b.1));
    let lowest = finite().min_by(|a, b| a.1.total_cmp(b.1));
    for (name, found) in [("highest", highest), ("lowest", lowest)] {
        let Some(((y, x), sigma)) = found else { continue };
        let (excess, model) = (map.excess[[y, x]], map.model[[y, x]]);
        output.text(format_args!(
            "{name:>8} {sigma:>9.3} {excess:>12.2} {model:>12.2}  {}",
            words(map.grid.direction(y * nx + x))
        ));
    }
    let n = finite().count().max(1) as f64;
    let mean = finite().map(|(_, sigma)| sigma).sum::<f64>() / n;
    let spread = (finite().map(|(_, sigma)| (sigma - mean) * (sigma - mean)).sum::<f64>() / n).sqrt();
    output.text(format_args!("mean {mean:.3}, standard deviation {spread:.3} (0 and 1 for a model without faults)"));
}
