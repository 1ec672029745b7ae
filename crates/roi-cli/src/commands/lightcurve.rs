//! `roi-fit lightcurve`.

use std::path::{Path, PathBuf};

use clap::Args;
use roi_estimators::{
    LightCurve, LightCurveOptions, LightCurveRun, TimeBin, adaptive_bins_of, configured_time_bins, equal_time_bins,
    light_curve, mjd_of_mission_time,
};
use roi_fit::{Analysis, LightcurveConfig, OutOfRange, SliceMaps, SliceOptions, TimeSlices};

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;

/// Where the help lists the bins.
const BINS: &str = "Time bins";
/// Where the help lists what is fitted in them.
const FITS: &str = "What is fitted in a bin";

/// The flux of a source in time bins, whether it varies, and when it changed
///
/// The model is that of the whole time: fit it first, or take a saved one with --model. In each bin the region is optimized, then the source is fitted,
/// and compared with what it is at the whole time. Bins without livetime are told apart from fits that failed, and every bin has a full record.
///
/// With --fits, --ecsv or --json FILE each bin is recorded beside that file as it is done (FILE.bins): a run that was interrupted or killed goes on where it
/// stopped when the same command is given again. The record is removed at the end.
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit lightcurve config.yaml 'Mkn 421' --model fit.json --binsz 604800 --fits mkn421_lightcurve.fits
  roi-fit lightcurve config.yaml '3C 279' --optimize-first --nbins 12 --free-radius 3 --json curve.json
  roi-fit lightcurve config.yaml '3C 279' --model fit.json --time-bins 455400000:455500000,455700000:455900000
  roi-fit lightcurve config.yaml 'PKS 2155-304' --model fit.json --adaptive 5 --ecsv curve.ecsv")]
pub(crate) struct Lightcurve {
    #[command(flatten)]
    region: Region,
    /// Name or alias of the source
    source: String,
    #[command(flatten)]
    first: First,
    #[command(flatten)]
    bins: Bins,
    #[command(flatten)]
    fitted: Fitted,
    /// Write the tables `LIGHTCURVE` and `BLOCKS`
    #[arg(long, value_name = "FILE")]
    fits: Option<PathBuf>,
    /// Write the table LIGHTCURVE as ECSV
    #[arg(long, value_name = "FILE")]
    ecsv: Option<PathBuf>,
}

/// Where bins lie.
#[derive(Args)]
#[group(id = "bins", multiple = true)]
struct Bins {
    #[arg(help_heading = BINS, long, value_name = "SECONDS", allow_negative_numbers = true, help = LightcurveConfig::BINSZ.help(""))]
    binsz: Option<f64>,
    #[arg(help_heading = BINS, long, value_name = "N", conflicts_with = "binsz", help = LightcurveConfig::NBINS.help(""))]
    nbins: Option<usize>,
    /// Edges of the bins, mission times in s, or pairs with gaps between them as BEGIN:END
    #[arg(help_heading = BINS, long = "time-bins", value_name = "T0,T1,...", conflicts_with_all = ["binsz", "nbins"], allow_hyphen_values = true, value_parser = times)]
    times: Option<Times>,
    /// Bins as long as it takes for a flux of so many times its error, by the photons of the source
    #[arg(help_heading = BINS, long, value_name = "SIG", conflicts_with_all = ["binsz", "nbins", "times"], allow_negative_numbers = true)]
    adaptive: Option<f64>,
    /// Photons of --adaptive lie within so many degrees of the source
    #[arg(help_heading = BINS, long, value_name = "DEG", requires = "adaptive", default_value_t = 3.0, value_parser = degrees)]
    adaptive_radius: f64,
    #[arg(help_heading = BINS, long, value_name = "HOW", help = SliceOptions::SOURCE_MAPS.help(""), value_parser = maps)]
    source_maps: Option<SliceMaps>,
    #[arg(help_heading = BINS, long, value_name = "X", allow_negative_numbers = true, help = SliceOptions::PSF_TOLERANCE.help(""))]
    psf_tolerance: Option<f64>,
}

/// What is fitted.
#[derive(Args)]
struct Fitted {
    #[arg(help_heading = FITS, long, value_name = "DEG", allow_negative_numbers = true, help = LightCurveOptions::FREE_RADIUS.help(""))]
    free_radius: Option<f64>,
    #[arg(help_heading = FITS, long, value_name = "NAME1,NAME2,...", value_delimiter = ',', help = LightCurveOptions::FREE_SOURCES.help(""))]
    free_sources: Option<Vec<String>>,
    #[arg(help_heading = FITS, long, value_name = "PAR1,PAR2,...", value_delimiter = ',', help = LightCurveOptions::FREE_PARAMS.help(""))]
    free_params: Option<Vec<String>>,
    #[arg(help_heading = FITS, long, help = LightCurveOptions::FREE_BACKGROUND.switch_help())]
    free_background: bool,
    #[arg(help_heading = FITS, long, help = LightCurveOptions::FREE_DIFFUSE.switch_help())]
    free_diffuse: bool,
    #[arg(help_heading = FITS, long, value_name = "N", help = LightCurveOptions::MAX_FREE_SOURCES.help(""))]
    max_free_sources: Option<usize>,
    #[arg(help_heading = FITS, long, value_name = "TS", allow_negative_numbers = true, help = LightCurveOptions::SHAPE_TS_THRESHOLD.help(""))]
    shape_ts_threshold: Option<f64>,
    #[arg(help_heading = FITS, long, value_name = "X", allow_negative_numbers = true, help = LightCurveOptions::SYSTEMATIC.help(""))]
    systematic: Option<f64>,
    #[arg(help_heading = FITS, long, value_name = "CL", allow_negative_numbers = true, help = LightCurveOptions::UL_CONFIDENCE.help(""))]
    ul_confidence: Option<f64>,
    #[arg(help_heading = FITS, long, value_name = "TS", allow_negative_numbers = true, help = LightCurveOptions::UL_TS_THRESHOLD.help(""))]
    ul_ts_threshold: Option<f64>,
    #[arg(help_heading = FITS, long, value_name = "P", allow_negative_numbers = true, help = LightCurveOptions::BLOCKS_P0.own_help())]
    blocks_p0: Option<f64>,
}

/// Bins of the command line.
#[derive(Clone, Debug)]
struct Times(Vec<(f64, f64)>);

/// `T0,T1,...` or `B0:E0,B1:E1,...`.
fn times(text: &str) -> Result<Times, &'static str> {
    const BAD: &str = "expected edges T0,T1,... or pairs BEGIN:END,BEGIN:END,..., mission times in s";
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|time| time.is_finite());
    let pair = |item: &str| item.split_once(':').and_then(|(begin, end)| Some((number(begin)?, number(end)?)));
    let words: Vec<&str> = text.split(',').collect();
    let pairs: Option<Vec<(f64, f64)>> = words.iter().map(|word| pair(word)).collect();
    let edges = || -> Option<Vec<(f64, f64)>> {
        let edges: Vec<f64> = words.iter().map(|word| number(word)).collect::<Option<_>>()?;
        (edges.len() > 1).then(|| edges.windows(2).map(|pair| (pair[0], pair[1])).collect())
    };
    pairs.or_else(edges).map(Times).ok_or(BAD)
}

fn maps(text: &str) -> Result<SliceMaps, String> {
    text.parse().map_err(|error: OutOfRange| error.to_string())
}

fn degrees(text: &str) -> Result<f64, &'static str> {
    let degrees: Option<f64> = text.parse().ok();
    degrees.filter(|degrees| degrees.is_finite() && *degrees > 0.0).ok_or("expected degrees, more than 0")
}

impl Lightcurve {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let files = [("--fits", self.fits.as_deref()), ("--ecsv", self.ecsv.as_deref())];
        let records = self.records(output);
        let with_records = [&files[..], &[("the records of bins", records.as_deref())]].concat();
        let mut analysis = self.region.open_to_write(output, None, &with_records)?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let options = self.options(&analysis);
        let mut progress = output.progress();
        let bins = self.time_bins(&analysis, progress.as_mut())?;
        let slices = TimeSlices::open(&analysis, &bins, &options.slices, progress.as_mut())?;
        let mut write = |curve: &LightCurve| self.write(curve);
        let mut run = LightCurveRun::new(progress.as_mut()).with_so_far(&mut write);
        if let Some(records) = &records {
            run = run.with_records(records);
        }
        let result = light_curve(&analysis, &self.source, &slices, &options, run)?;
        drop(progress);
        show(output, &result);
        self.write(&result)?;
        self.region.save(output, &mut analysis)?;
        output.json(|| completed(result.to_json(), &analysis, optimized.as_ref(), self.region.provenance()))?;
        if let Some(records) = records.filter(|_| result.is_complete()) {
            // One that stays does no harm.
            if let Err(error) = std::fs::remove_file(&records) {
                tracing::warn!("'{}' could not be removed: {error}", records.display());
            }
        }
        if result.is_complete() && !result.fit_success() {
            return Err(Failure::Fit(format!("no bin of {} could be fitted; the bins' messages say why", result.name)));
        }
        Ok(())
    }

    /// The tables that were asked for.
    fn write(&self, curve: &LightCurve) -> roi_estimators::Result<()> {
        self.fits.as_ref().map_or(Ok(()), |path| curve.write_fits(path))?;
        self.ecsv.as_ref().map_or(Ok(()), |path| curve.write_ecsv(path))
    }

    /// The file beside the first result, in which bins are recorded.
    fn records(&self, output: &Output) -> Option<PathBuf> {
        let json = output.json_file().filter(|path| *path != Path::new("-"));
        let beside = self.fits.as_deref().or(self.ecsv.as_deref()).or(json)?;
        let mut name = beside.file_name()?.to_owned();
        name.push(".bins");
        Some(beside.with_file_name(name))
    }

    /// The bins that are asked for, by the command line or the configuration.
    fn time_bins(&self, analysis: &Analysis, progress: &mut dyn roi_fit::Progress) -> Result<Vec<(f64, f64)>, Failure> {
        let Bins { binsz, nbins, times, adaptive, adaptive_radius, .. } = &self.bins;
        if let Some(Times(bins)) = times {
            return Ok(bins.clone());
        }
        if let Some(significance) = adaptive {
            return Ok(adaptive_bins_of(analysis, &self.source, (*significance, *adaptive_radius), progress)?);
        }
        let times = || analysis.observation_times();
        Ok(match (binsz, nbins) {
            (Some(binsz), _) => equal_time_bins(times()?, *binsz, None)?,
            (None, Some(nbins)) => equal_time_bins(times()?, analysis.light_curve_config().binsz, Some(*nbins))?,
            (None, None) => configured_time_bins(analysis)?,
        })
    }

    /// The options of the configuration with those of the command line over them.
    fn options(&self, analysis: &Analysis) -> LightCurveOptions {
        let of_config = LightCurveOptions::of(analysis);
        let mut options = of_config.clone();
        let fitted = &self.fitted;
        options.free_radius = fitted.free_radius.or(of_config.free_radius);
        options.free_sources = fitted.free_sources.clone().unwrap_or(of_config.free_sources);
        options.free_params = fitted.free_params.clone().unwrap_or(of_config.free_params);
        options.free_background |= fitted.free_background;
        options.free_diffuse |= fitted.free_diffuse;
        options.max_free_sources = fitted.max_free_sources.unwrap_or(of_config.max_free_sources);
        options.shape_ts_threshold = fitted.shape_ts_threshold.unwrap_or(of_config.shape_ts_threshold);
        options.systematic = fitted.systematic.unwrap_or(of_config.systematic);
        options.ul_confidence = fitted.ul_confidence.unwrap_or(of_config.ul_confidence);
        options.ul_ts_threshold = fitted.ul_ts_threshold.unwrap_or(of_config.ul_ts_threshold);
        options.blocks_p0 = fitted.blocks_p0.unwrap_or(of_config.blocks_p0);
        options.slices.source_maps = self.bins.source_maps.unwrap_or(of_config.slices.source_maps);
        options.slices.psf_tolerance = self.bins.psf_tolerance.unwrap_or(of_config.slices.psf_tolerance);
        options
    }
}

/// One line a bin, and what they tell together.
fn show(output: &Output, result: &LightCurve) {
    let percent = (1e8 * result.config.ul_confidence).round() / 1e6;
    output.text(format_args!("{}: flux in ph cm-2 s-1, upper limits at {percent} %", result.name));
    let header = ["begin [MJD TT]", "end [MJD TT]", "flux", "error", "limit", "ts", "npred", "counts"];
    output.text(format!("  {}", header.map(|word| format!("{word:>14}")).join(" ")));
    for bin in &result.bins {
        output.text(line(bin));
    }
    let found = &result.variability;
    match found.p_value {
        Some(chance) => output.text(format_args!(
            "ts_var {:.3} with {} degrees of freedom: a constant source has more with probability {chance:.3e}",
            found.ts_var, found.dof
        )),
        None => output.text("too few bins to tell whether the source varies"),
    }
    for block in &result.blocks {
        output.text(format_args!(
            "constant from {:.5} to {:.5} MJD: {:.3e} +- {:.1e} ph cm-2 s-1 ({} bins)",
            mjd_of_mission_time(block.tmin),
            mjd_of_mission_time(block.tmax),
            block.flux,
            block.flux_err,
            block.bins
        ));
    }
    for warning in &result.warnings {
        tracing::warn!("{warning}");
    }
}

/// A bin; one that a limit stands for is marked.
fn line(bin: &TimeBin) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| format!("{:>14}", "---"), |value| format!("{value:>14.3e}"));
    let plain = |value: Option<f64>| value.map_or_else(|| format!("{:>14}", "---"), |value| format!("{value:>14.2}"));
    let words = if bin.fit_success() { String::new() } else { format!("  {}: {}", bin.status.as_str(), bin.message) };
    format!(
        "{} {:>14.5} {:>14.5} {} {} {} {} {} {:>14}{words}",
        if bin.is_ul { "<" } else { " " },
        mjd_of_mission_time(bin.tmin),
        mjd_of_mission_time(bin.tmax),
        number(bin.number("flux")),
        number(bin.number("flux_err")),
        number(bin.limit.and_then(|limit| limit.flux)),
        // Rounding leaves a TS of 0 a little below.
        plain(bin.number("ts").map(|ts| ts.max(0.0))),
        plain(bin.number("npred")),
        bin.counts
    )
}
