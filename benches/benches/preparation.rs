//! How long does it take from photon and spacecraft files of ten years to counts, livetime and exposure, and how much memory?
//!
//! A single run, as it takes a while; `ROI_FIT_YEARS` is another number of years. 2 million photons and a million spacecraft rows of half a minute
//! belong to each year, and a twentieth of the photons is selected. A twentieth of the time is simulated, and follows itself twenty times, turned about the poles each time,
//! so that the LAT never looks exactly the same way twice. Beside it stands the time that reading both files twice takes. `ROI_FIT_BENCH_FILES` is a
//! folder in which the files stay, and are found again.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use benchmarks::measuring;
use lat_dataset::{Config, PrepareStep};
use lat_io::{NewSpacecraftRow, PhotonHeader, SpacecraftRow};
use roi_model::{FileTable, Parameter, Source, SourceType, SpatialModel, Spectrum};
use roi_simulate::{EventOptions, observe, write_builtin_response};

type Failure = Box<dyn std::error::Error>;

const CENTER: [f64; 2] = [83.63, 22.01];
/// Photons in a year.
const PHOTONS: f64 = 2e6;
const DAYS: f64 = 365.25;

/// Isotropic emission of a norm.
fn isotropic(norm: f64) -> Result<Source, Failure> {
    let energies: Vec<f64> = (0..=40).map(|i| 50.0 * 10f64.powf(f64::from(i) * 0.1)).collect();
    let dnde = energies.iter().map(|energy| 1e-8 * (energy / 1000.0).powf(-2.3)).collect();
    let table = Arc::new(FileTable::new(energies, dnde)?);
    let spectrum = Spectrum::file_function(Parameter::new("Normalization", norm)?, "iso.txt", table)?;
    Ok(Source::new("iso", SourceType::Diffuse, spectrum, SpatialModel::isotropic()?)?)
}

/// Writes photons of so many days, and returns how many.
fn photons(folder: &Path, name: &str, norm: f64, days: f64) -> Result<usize, Failure> {
    let irfs = lat_io::read_irf_set(folder, name, 3)?;
    let options =
        EventOptions::default().with_days(days).with_cone(CENTER, 15.0).with_energies(100.0, 1e5).with_edisp(false);
    let files = files(folder);
    let no_map = |file: &str| Err(lat_io::Error::NotFound { path: file.into() }.into());
    Ok(observe(&[isotropic(norm)?], &no_map, &irfs, &options, files.each_ref().map(PathBuf::as_path))?.photons)
}

/// How many times the time that is simulated follows itself.
const TIMES: usize = 20;

/// Writes files in which those of a part of the time follow each other, and returns the number of photons.
fn repeated(part: &[PathBuf; 2], whole: &[PathBuf; 2]) -> Result<usize, Failure> {
    /// Where TIME stands in a row of a photon file that is written here.
    const TIME: usize = 36;
    let [photons, spacecraft] = part;
    let photons = lat_io::PhotonFile::open(photons)?;
    let (start, stop) = photons.times();
    let shifts = (0..TIMES).map(|time| (stop - start) * time as f64);
    let good_times = shifts.clone().flat_map(|by| photons.good_times().iter().map(move |(a, b)| (a + by, b + by)));
    let times = (start, start + (stop - start) * TIMES as f64);
    let header = PhotonHeader { cuts: photons.cuts().to_vec(), good_times: good_times.collect(), times, inputs: None };
    lat_io::write_photons(&whole[0], &photons, &header, |out| {
        for by in shifts.clone() {
            for first in (0..photons.rows()).step_by(1 << 14) {
                let block = photons.block(first, 1 << 14)?;
                for index in 0..block.len() {
                    let mut row = block.rows().row(index).to_vec();
                    row[TIME..TIME + 8].copy_from_slice(&(block.photon(index)?.time + by).to_be_bytes());
                    out.write(&row)?;
                }
            }
        }
        Ok::<(), lat_io::Error>(())
    })?;
    let file = lat_io::SpacecraftFile::open(spacecraft)?;
    let mut rows = Vec::with_capacity(file.rows());
    for first in (0..file.rows()).step_by(1 << 14) {
        let block = file.block(first, 1 << 14)?;
        rows.extend((0..block.len()).map(|index| block.row(index)).collect::<Result<Vec<_>, _>>()?);
    }
    let n = rows.len();
    let row = |index: usize| {
        let (row, time) = (rows[index % n], (index / n) as f64);
        let by = (stop - start) * time;
        // The golden angle: no two turns are alike.
        let [z_axis, x_axis, zenith] =
            [row.z_axis, row.x_axis, row.zenith].map(|[ra, dec]| [(ra + 137.507_764 * time) % 360.0, dec]);
        let (start, stop) = (row.start + by, row.stop + by);
        NewSpacecraftRow::from(SpacecraftRow { start, stop, z_axis, x_axis, zenith, ..row })
    };
    lat_io::write_spacecraft_rows(&whole[1], times, (0..n * TIMES).map(row))?;
    Ok(photons.rows() * TIMES)
}

fn files(folder: &Path) -> [PathBuf; 2] {
    ["photons.fits", "spacecraft.fits"].map(|file| folder.join(file))
}

/// Seconds of an action.
fn timed<T>(action: impl FnOnce() -> Result<T, Failure>) -> Result<(f64, T), Failure> {
    let start = Instant::now();
    let found = action()?;
    Ok((start.elapsed().as_secs_f64(), found))
}

/// Processor time of all threads of the process until now, s, where the system tells it.
fn processor_time() -> Option<f64> {
    /// Clock ticks a second in what Linux tells.
    const TICKS: f64 = 100.0;
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may hold blanks, the state is the first field; times of user and system are the 12th and 13th.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}

/// Reads files from begin to end.
fn read(paths: &[PathBuf]) -> Result<u64, Failure> {
    let mut bytes = vec![0; 1 << 20];
    let mut total = 0;
    for path in paths {
        let mut file = std::fs::File::open(path)?;
        loop {
            match file.read(&mut bytes)? {
                0 => break,
                n => total += n as u64,
            }
        }
    }
    Ok(total)
}

/// Photons and spacecraft rows of so many years, unless an earlier run has left them.
#[expect(clippy::print_stdout, reason = "a benchmark tells what it measured")]
fn simulate(folder: &Path, name: &str, years: f64) -> Result<(), Failure> {
    if files(folder).iter().all(|path| path.exists()) {
        println!("the files of an earlier run");
    } else {
        // As bright as it takes.
        let own = tempfile::tempdir_in(folder)?;
        write_builtin_response(own.path())?;
        let pilot = photons(own.path(), name, 1.0, 2.0)?;
        let norm = PHOTONS / DAYS * 2.0 / pilot.max(1) as f64;
        let (seconds, n) = timed(|| {
            let part = tempfile::tempdir_in(folder)?;
            write_builtin_response(part.path())?;
            photons(part.path(), name, norm, years * DAYS / TIMES as f64)?;
            repeated(&files(part.path()), &files(folder))
        })?;
        println!("simulated: {n} photons of {years} years in {seconds:.1} s");
    }
    Ok(())
}

fn write_config(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let text = format!(
        "data: {{evfile: photons.fits, scfile: spacecraft.fits}}\n\
         selection: {{ra: {ra}, dec: {dec}, emin: 400, emax: 100000, zmax: 90, evclass: 128, evtype: 3, \
         filter: 'DATA_QUAL>0 && LAT_CONFIG==1', radius: 7.5}}\n\
         binning: {{npix: 100, binsz: 0.1, enumbins: 24}}\n\
         gtlike: {{irfs: {name}, edisp: false}}\n\
         files: {{irfs: .}}\nfileio: {{outdir: out}}\n\
         model: {{sources: [{{name: one, ra: {ra}, dec: {dec}, SpectrumType: PowerLaw}}]}}\n",
        ra = CENTER[0],
        dec = CENTER[1],
    );
    let path = folder.join("config.yaml");
    std::fs::write(&path, text)?;
    Ok(path)
}

#[expect(clippy::print_stdout, reason = "a benchmark tells what it measured")]
fn main() -> Result<(), Failure> {
    let default = if measuring() { 10.0 } else { 0.01 };
    let years: f64 = std::env::var("ROI_FIT_YEARS").map_or(Ok(default), |text| text.parse())?;
    let temporary = tempfile::tempdir()?;
    let kept = std::env::var_os("ROI_FIT_BENCH_FILES").map(PathBuf::from);
    let folder = kept.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(folder)?;
    let name = write_builtin_response(folder)?;
    simulate(folder, name, years)?;
    let path = write_config(folder, name)?;
    let (reading, bytes) = timed(|| Ok(read(&files(folder))? + read(&files(folder))?))?;
    println!("reading both files twice ({} MB in all): {reading:.1} s", bytes / 1_000_000);
    let before = roi_fit::peak_memory();
    let n_rows = lat_events::Spacecraft::open(&[&files(folder)[1]])?.rows();
    let config = Config::read(&path)?;
    if folder.join("out").exists() {
        std::fs::remove_dir_all(folder.join("out"))?;
    }
    let start = Instant::now();
    // Each step with the time on the clock and that of the processor at which it begins.
    let now = || (start.elapsed().as_secs_f64(), processor_time().unwrap_or(f64::NAN));
    let mut steps = vec![("digests and plan", now())];
    let made = lat_dataset::prepare(&config, false, &mut |step: &PrepareStep<'_>| {
        if let PrepareStep::Make { product, .. } = step {
            steps.push((product.product.name(), now()));
        }
        ControlFlow::Continue(())
    })?;
    let end = now();
    let ends = steps.iter().skip(1).map(|(_, at)| *at).chain([end]);
    for ((step, from), to) in steps.iter().zip(ends) {
        println!("{step}: {:.1} s, of processors {:.1} s", to.0 - from.0, to.1 - from.1);
    }
    let photons = lat_io::PhotonFile::open(&files(folder)[0])?.rows();
    let selected = lat_io::PhotonFile::open(&made.first().ok_or("nothing was made")?.path)?.rows();
    println!(
        "prepared in {:.1} s: {n_rows} spacecraft rows, {selected} of {photons} photons selected; peak memory before and after: {before:?} {:?} bytes",
        end.0,
        roi_fit::peak_memory()
    );
    Ok(())
}
