//! `roi-fit find-sources`.

use std::path::PathBuf;

use clap::Args;
use roi_estimators::{FindSourcesOptions, FoundSources, TestSource, TsMapOptions, find_sources};
use roi_fit::{Analysis, SkyDirection};

use super::dictionary::completed;
use super::first::First;
use super::map_model::{MapModel, MapScope, place, radii, words};
use super::tsmap::MapExtent;
use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

/// Find sources that the model lacks, add them to it and fit them
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit find-sources config.yaml --model fit.json --write-roi with_new --json found.json
  roi-fit find-sources config.yaml --optimize-first --sqrt-ts-threshold 4 --search-skydir 83.63,22.01 --search-minmax-radius 0.5,3 --xml new.xml")]
pub(crate) struct FindSources {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
    #[command(flatten)]
    scope: MapScope,
    #[command(flatten)]
    extent: MapExtent,
    #[arg(long, value_name = "DEG", allow_negative_numbers = true, help = FindSourcesOptions::MIN_SEPARATION.own_help())]
    min_separation: Option<f64>,
    #[arg(long, value_name = "X", allow_negative_numbers = true, help = FindSourcesOptions::SQRT_TS_THRESHOLD.own_help())]
    sqrt_ts_threshold: Option<f64>,
    #[arg(long, value_name = "N", help = FindSourcesOptions::MAX_ITER.own_help())]
    max_iter: Option<usize>,
    #[arg(long, value_name = "N", help = FindSourcesOptions::SOURCES_PER_ITER.own_help())]
    sources_per_iter: Option<usize>,
    /// Fit these parameters of each new source, instead of norm and shape
    #[arg(long, value_name = "PAR1,PAR2,...", value_delimiter = ',')]
    free_params: Vec<String>,
    /// Search around this place [default: all of the map]
    #[arg(long, value_name = "RA,DEC", allow_negative_numbers = true, value_parser = place)]
    search_skydir: Option<SkyDirection>,
    /// Nearest and farthest from it, degrees; either may be left out [default: ,1]
    #[arg(long, value_name = "LOW,HIGH", requires = "search_skydir", value_parser = radii)]
    search_minmax_radius: Option<super::map_model::Bounds>,
    #[arg(long, help = FindSourcesOptions::JOINT_FIT.switch_help())]
    joint_fit: bool,
    /// Write tables of sources and peaks
    #[arg(long, value_name = "FILE")]
    fits: Option<PathBuf>,
    #[command(flatten)]
    model: MapModel,
}

impl FindSources {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let model = self.model.source()?;
        let mut analysis = self.region.open_to_write(output, None, &[("--fits", self.fits.as_deref())])?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let options = self.options(&analysis, model);
        let mut progress = output.progress();
        let found = find_sources(&mut analysis, &options, progress.as_mut())?;
        drop(progress);
        show(output, &found);
        if let Some(path) = &self.fits {
            found.write_fits(path)?;
        }
        self.region.save(output, &mut analysis)?;
        output.json(|| completed(found.to_json(), &analysis, optimized.as_ref(), self.region.provenance()))
    }

    /// The defaults with what the command line has over them.
    fn options(&self, analysis: &Analysis, model: TestSource) -> FindSourcesOptions {
        let defaults = FindSourcesOptions::default();
        let tsmap = TsMapOptions::default()
            .with_model(model)
            .with_exclude(self.scope.exclude.clone())
            .with_loge_bounds(self.scope.loge_bounds());
        FindSourcesOptions::default()
            .with_tsmap(self.extent.apply(tsmap))
            .with_min_separation(self.min_separation.unwrap_or(defaults.min_separation))
            .with_sqrt_ts_threshold(self.sqrt_ts_threshold.unwrap_or(defaults.sqrt_ts_threshold))
            .with_max_iter(self.max_iter.unwrap_or(defaults.max_iter))
            .with_sources_per_iter(self.sources_per_iter.unwrap_or(defaults.sources_per_iter))
            .with_free_params(self.free_params.clone())
            .with_search_skydir(self.search_skydir)
            .with_search_minmax_radius(self.search_minmax_radius.map_or(defaults.search_minmax_radius, |radii| radii.0))
            .with_joint_fit(self.joint_fit)
            .with_optimizer(analysis.fit_options())
    }
}

/// One line a source, and how many peaks there were.
fn show(output: &Output, found: &FoundSources) {
    let header = ["ts", "ts of map", "npred", "r95 [deg]", "quality"];
    output.text(format_args!("{:<22} {}  place", "source", header.map(|word| format!("{word:>9}")).join(" ")));
    for source in &found.sources {
        let r95 = source.ellipse.map_or_else(|| "---".into(), |ellipse| format!("{:.4}", ellipse.r95));
        output.text(format_args!(
            "{:<22} {:>9.2} {:>9.2} {:>9.1} {r95:>9} {:>9}  {}",
            source.name,
            source.ts,
            source.sqrt_ts_of_map.powi(2),
            source.npred,
            source.fit_quality,
            words(Some(source.place))
        ));
    }
    let (peaks, maps) = (found.peaks.len(), found.iterations);
    output.text(format_args!(
        "{} new sources, {peaks} peaks on {maps} maps; logL {:.4}",
        found.sources.len(),
        found.loglike
    ));
    for warning in &found.warnings {
        tracing::warn!("{warning}");
    }
}
