//! How far is each verb from the least that it has to do? One table, measured in one run.
//!
//! What a verb has to do is counted in bytes: files read once, templates read once an evaluation, maps written once. The floor is the time in which as
//! many bytes are read from the main memory, measured in the same run with the same threads. Region: that of the reference data, the built-in one
//! where these are absent.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use benchmarks::{Memory, measuring, reference_data};
use likelihood_core::{ComponentData, SourceMap, Workspace};
use ndarray::Array2;
use roi_estimators::{
    CurvatureOptions, ExtensionOptions, LocalizeOptions, PsMapOptions, ResidMapOptions, SedOptions, TsMapOptions,
    curvature, extension, localize, psmap, residmap, sed, tsmap,
};
use roi_fit::{Analysis, FitOptions, FitResult, OptimizeOptions, OptimizeResult, ProfileOptions, Quiet};
use roi_model::Source;
use roi_simulate::{SimulationOptions, simulate};

type Failure = Box<dyn std::error::Error>;

/// How often a verb is timed at least, and for how many seconds; the median is taken.
const RUNS: usize = 7;
const SECONDS: f64 = 0.3;
/// Bytes for which the speed of the memory is measured.
const BYTES: usize = 1 << 27;

/// Bytes of a filled bin: its counts, and the model there.
const FILLED: usize = 12;

/// The table, and what its floors are made of.
struct Table {
    /// Seconds a byte of the main memory.
    byte: f64,
    runs: usize,
}

impl Table {
    fn new() -> Self {
        let (mut memory, runs) = (Memory::new(measuring()), if measuring() { RUNS } else { 1 });
        let byte = median(runs, || Ok(memory.read(BYTES))).map_or(f64::NAN, |(seconds, _)| seconds / BYTES as f64);
        Self { byte, runs }
    }

    /// Measures a verb; `least` tells of its result how many bytes it has to read or write, and which in words.
    fn row<T>(
        &self,
        verb: &str,
        run: impl FnMut() -> Result<T, Failure>,
        least: impl FnOnce(&T) -> (f64, String),
    ) -> Result<(), Failure> {
        let (seconds, result) = median(self.runs, run)?;
        self.tell(verb, seconds, least(&result));
        Ok(())
    }

    #[expect(clippy::print_stdout, reason = "a benchmark tells what it measured")]
    fn tell(&self, verb: &str, seconds: f64, (bytes, words): (f64, String)) {
        let floor = bytes * self.byte;
        println!(
            "| {verb} | {:.3} ms | {:.2} MB: {words} | {:.3} ms | {:.1} |",
            1e3 * seconds,
            1e-6 * bytes,
            1e3 * floor,
            seconds / floor
        );
    }
}

/// The median time of some runs, and what the last one found.
fn median<T>(runs: usize, mut run: impl FnMut() -> Result<T, Failure>) -> Result<(f64, T), Failure> {
    let mut seconds = Vec::with_capacity(runs);
    loop {
        let start = Instant::now();
        let found = black_box(run()?);
        seconds.push(start.elapsed().as_secs_f64());
        let is_long = runs == 1 || seconds.iter().sum::<f64>() >= SECONDS;
        if seconds.len() >= runs && is_long {
            seconds.sort_by(f64::total_cmp);
            return Ok((seconds[seconds.len() / 2], found));
        }
    }
}

/// The configuration, and a folder to be kept until the end.
fn region() -> Result<(PathBuf, tempfile::TempDir), Failure> {
    let folder = tempfile::tempdir()?;
    if let Some(config) = reference_data("fermitools-roi/config_edisp0.yaml").filter(|_| measuring()) {
        return Ok((config, folder));
    }
    let npix = if measuring() { 100 } else { 20 };
    let region = simulate(&SimulationOptions::default().with_npix(npix).with_sources(5))?;
    region.write_response(folder.path())?;
    Ok((region.write(folder.path())?, folder))
}

/// Bytes of the files that a configuration names.
fn input_bytes(config: &Path) -> Result<f64, Failure> {
    let files = roi_fit::input_files(config)?.files;
    let sizes = files.iter().filter_map(|file| std::fs::metadata(&file.path).ok());
    Ok(sizes.map(|file| file.len() as f64).sum())
}

#[expect(clippy::print_stdout, reason = "a benchmark tells what it measured")]
fn main() -> Result<(), Failure> {
    let (config, _folder) = region()?;
    let table = Table::new();
    println!("memory: {:.1} GB/s with {} threads", 1e-9 / table.byte, rayon::current_num_threads());
    println!("| verb | time | has to read or write once | floor | ratio |\n|---|---|---|---|---|");
    let files = input_bytes(&config)?;
    table.row("open", || Ok(Analysis::open(&config)?), |_| (files, "its files, as they are on disk".to_owned()))?;
    let mut analysis = Analysis::open(&config)?;
    let pass = evaluations(&table, &analysis)?;
    fits(&table, &mut analysis, pass)?;
    estimators(&table, &analysis, pass)
}

/// Value, gradient and Hessian; returns the bytes of a pass.
fn evaluations(table: &Table, analysis: &Analysis) -> Result<f64, Failure> {
    let (roi, data) = (analysis.roi(), analysis.likelihood());
    let mut work = Workspace::new(data, roi, &[])?;
    let (values, n) = (roi.free_values(), roi.free_parameters().len());
    let pass = data.bytes_per_pass(&work)? as f64;
    let (mut gradient, mut hessian) = (vec![0.0; n], Array2::zeros((n, n)));
    let one = |_: &f64| (pass, "one pass".to_owned());
    table.row("value", || Ok(data.value(&values, &mut work)?), one)?;
    table.row("value and gradient", || Ok(data.gradient(&values, &mut work, &mut gradient)?), one)?;
    table.row("with Hessian", || Ok(data.hessian(&values, &mut work, &mut gradient, &mut hessian)?), one)?;
    Ok(pass)
}

/// `fit`, what it does afterwards, `optimize`; the analysis is left fitted.
fn fits(table: &Table, analysis: &mut Analysis, pass: f64) -> Result<(), Failure> {
    let start = analysis.roi().free_values();
    let sources = analysis.roi().sources().iter().filter(|source| source.is_free()).count();
    let mut fit = |update: bool| -> Result<FitResult, Failure> {
        analysis.roi_mut().set_free_values(&start)?;
        Ok(analysis.fit(&FitOptions::default().with_update(update))?)
    };
    let passes = |n: usize| (n as f64 * pass, format!("{n} passes"));
    table.row("fit", || fit(false), |fit| passes(fit.calls.total()))?;
    // What comes after the fit is timed by itself.
    let mut seconds = (0..table.runs).map(|_| Ok(fit(true)?.timing.update)).collect::<Result<Vec<f64>, Failure>>()?;
    seconds.sort_by(f64::total_cmp);
    let words = format!("3 passes: TS, profiles and limits of {sources} sources");
    table.tell("update after a fit", seconds[seconds.len() / 2], (3.0 * pass, words));
    fit(true)?;
    let profile = ProfileOptions::default().with_reoptimize(true);
    let name = point_source(analysis)?.name().to_owned();
    table.row(
        "profile, refitted",
        || Ok(analysis.profile_norm(&name, &profile)?),
        |found| passes(2 * found.xvals.len()),
    )?;
    let fitted = analysis.roi().free_values();
    let optimize = || -> Result<OptimizeResult, Failure> {
        analysis.roi_mut().set_free_values(&start)?;
        Ok(analysis.optimize(&OptimizeOptions::default())?)
    };
    table.row("optimize", optimize, |found| passes(found.calls.total()))?;
    analysis.roi_mut().set_free_values(&fitted)?;
    Ok(())
}

/// The source that is looked at.
fn point_source(analysis: &Analysis) -> Result<&Source, Failure> {
    let is_it = |source: &&Source| source.is_free() && source.spatial().is_point();
    Ok(analysis.roi().sources().iter().find(is_it).ok_or("no free point source")?)
}

/// What comes after a fit.
fn estimators(table: &Table, analysis: &Analysis, pass: f64) -> Result<(), Failure> {
    let (session, makers, mut quiet) = (analysis.session(), analysis.trial_makers(), Quiet);
    let source = point_source(analysis)?;
    let name = source.name();
    let maps: Vec<SourceMap> = makers.iter().map(|maker| maker.source_map(source)).collect::<Result<_, _>>()?;
    let one_map = maps.iter().map(|map| (size_of::<f32>() * map.planes().len()) as f64).sum::<f64>();
    let passes = |n: f64, words: &str| (n * pass, words.to_owned());
    let made = |n: f64, words: &str| (n * (one_map + pass), words.to_owned());

    table.row("source map of a point", || Ok(makers[0].source_map(source)?), |_| (one_map, "its planes".to_owned()))?;
    table.row(
        "sed",
        || Ok(sed(session, name, &SedOptions::default())?),
        |_| passes(9.0, "9 passes: the maximum, errors and limit in 3 each"),
    )?;
    table.row(
        "curvature",
        || Ok(curvature(session, name, &CurvatureOptions::default())?),
        |_| passes(15.0, "3 fits of 5 passes"),
    )?;
    table.row(
        "localize",
        || Ok(localize(session, makers, name, &LocalizeOptions::default(), &mut quiet)?),
        |_| made(33.0 + 9.0, "42 maps and passes: 33 places shown, 9 of the fit"),
    )?;
    table.row(
        "extension",
        || Ok(extension(session, makers, name, &ExtensionOptions::default(), &mut quiet)?),
        |found| made(found.width.len() as f64, "a map and a pass a width"),
    )?;
    let cubes = analysis.cubes(&[])?;
    let cube = cubes.iter().map(|cube| (size_of::<f64>() * cube.model().len()) as f64).sum::<f64>();
    let sources = analysis.roi().sources().len() as f64;
    let model = |_: &_| ((1.0 + sources) * cube, "the maps of all sources, and the model once".to_owned());
    table.row("residmap", || Ok(residmap(analysis, &ResidMapOptions::default(), &mut quiet)?), model)?;
    let model = |_: &_| ((1.0 + sources) * cube, "the maps of all sources, and the model once".to_owned());
    table.row("psmap", || Ok(psmap(analysis, &PsMapOptions::default(), &mut quiet)?), model)?;
    let options = TsMapOptions::default();
    let filled: usize = analysis.likelihood().components().iter().map(ComponentData::n_filled).sum();
    table.row(
        "tsmap",
        || Ok(tsmap(analysis, &options, &mut quiet)?),
        |map| {
            // Square degrees within reach of a test source, of the hundred of the map.
            let share = (std::f64::consts::PI * options.max_kernel_radius.powi(2) / 100.0).min(1.0);
            let words = "counts and model of the filled bins within reach, once a pixel";
            (map.ts.len() as f64 * share * (FILLED * filled) as f64, words.to_owned())
        },
    )
}
