//! The response functions of today's data, as they are published, in place of the files that the LAT tools made with them.

use std::path::Path;

use lat_io::SourceMapFile;
use lat_response::{Frame, HealpixGrid, HealpixOrdering, ObservedIrfs, SkyCube, SkyGrid, WcsHeader, response_matrix};
use likelihood_core::SourceMap;
use ndarray::{Array2, Axis};
use roi_fit::{Analysis, FitOptions};
use roi_model::SkyDirection;
use serde::Deserialize;

use super::harness::{Outcome, quality};
use crate::comparison::{Comparison, worst};
use crate::data;

const IRFS: &str = "P8R3_SOURCE_V3";

type Failure = Box<dyn std::error::Error>;

#[derive(Deserialize)]
struct Recorded {
    initial: Start,
}

#[derive(Deserialize)]
struct Start {
    #[serde(rename = "logL")]
    loglike: f64,
}

/// The simulated region of the C++ tools from counts, livetime and response functions alone: response matrix and likelihood.
///
/// # Errors
/// When data or answers cannot be read, or something cannot be computed.
pub fn from_response_functions(data: &Path) -> Outcome {
    let roi = data.join("fermitools-roi").canonicalize()?;
    let irfs = data.join("irfs-p8r3-source-v3").canonicalize()?;
    let mut comparisons = matrix(&roi, &irfs)?;
    for (edisp, bins, answers) in [(false, 0, "fit_newminuit_edisp0.json"), (true, 2, "fit_newminuit_edisp2.json")] {
        let loglike = |model: &str, files: &str| -> Result<f64, Failure> {
            let folder = tempfile::tempdir()?;
            let text = format!(
                "selection: {{emin: 100, emax: 300000, ra: 83.63, dec: 22.01, evclass: 128, evtype: 3}}\n\
                 gtlike: {{irfs: {IRFS}, edisp: {edisp}, edisp_bins: {bins}}}\n\
                 fileio: {{outdir: {out}}}\n\
                 files: {{ccube: {roi}/ccube.fits.gz, xml: {roi}/{model}, {files}}}\n",
                out = folder.path().display(),
                roi = roi.display(),
            );
            let config = folder.path().join("config.yaml");
            std::fs::write(&config, text)?;
            Ok(Analysis::open(config)?.loglike()?)
        };
        let computed = format!("ltcube: {}/ltcube.fits.gz, irfs: {}", roi.display(), irfs.display());
        let recorded: Recorded = data::json(&roi.join(answers))?;
        let found = loglike("model_start.xml", &computed)?;
        let what = format!("edisp_bins {bins}: logL at the start, as recorded");
        comparisons.push(Comparison::absolute(what, recorded.initial.loglike, found, 0.01));
        // The tools' likelihood was not recorded at the true model; with their files ours is theirs to 1e-13.
        let files = format!("srcmap: {roi}/srcmap.fits.gz, drm: {roi}/drm.fits.gz", roi = roi.display());
        let (theirs, found) = (loglike("model_true.xml", &files)?, loglike("model_true.xml", &computed)?);
        let what = format!("edisp_bins {bins}: logL at the true model, with the tools' source maps and matrix");
        comparisons.push(Comparison::absolute(what, theirs, found, 0.01));
    }
    Ok(comparisons)
}

/// The response matrix beside gtdrm's.
fn matrix(roi: &Path, irfs: &Path) -> Outcome {
    let irfs = lat_io::read_irf_set(irfs, IRFS, 3)?;
    let livetime = lat_io::read_livetime_cube(&roi.join("ltcube.fits.gz"))?;
    let counts = lat_io::read_counts_cube(&roi.join("ccube.fits.gz"))?;
    let theirs = lat_io::read_detector_response(&roi.join("drm.fits.gz"), counts.cube.axis())?;
    let observed = ObservedIrfs::new(&livetime, &irfs);
    let center = SkyDirection::new(83.633, 22.014)?;
    let ours = response_matrix(observed, &center, counts.cube.axis().edges(), theirs.n_extra())?;
    let elements = theirs.matrix().indexed_iter().map(|((row, column), expected)| {
        let found = ours.get([row, column]).copied().unwrap_or(f64::NAN);
        Comparison::absolute(format!("row {row}, column {column}"), *expected, found, 1e-6)
    });
    Ok(worst("response matrix", elements).into_iter().collect())
}

/// One week of the Crab of the public test data of gammalib: gtsrcmaps' isotropic map, and the fit.
///
/// The exposure that comes with the data is not the one that the source maps were made with: it was written eight minutes after them, and covers the
/// region alone. Where the PSF is narrow the isotropic map over the solid angle is that exposure itself. Its steps are those of pixels of
/// half a degree whose corner lies at a galactic longitude of 180 and latitude of 0, as in a map of all the sky, and not those of the file.
/// The values of both are those of the pixels of the livetime cube (3.7 degrees), so that the other map can be made of this one.
///
/// # Errors
/// When data cannot be read, or something cannot be computed.
pub fn gammalib(data: &Path) -> Outcome {
    let inputs = data.join("gammalib-p8v2").canonicalize()?;
    let irfs = data.join("irfs-p8r3-source-v3").canonicalize()?;
    let folder = tempfile::tempdir()?;
    let table = inputs.join("iso_P8R2_SOURCE_V6_v06.txt");
    let model = std::fs::read_to_string(inputs.join("crab_lat.xml"))?;
    let model = model.replace("p8v2/iso_P8R2_SOURCE_V6_v06.txt", &table.display().to_string());
    std::fs::write(folder.path().join("crab.xml"), model)?;
    let as_used = folder.path().join("exposure.fits");
    lat_io::write_exposure(&as_used, &exposure_of_the_maps(&inputs)?)?;
    let config = |exposure: &Path| -> Result<std::path::PathBuf, Failure> {
        let text = format!(
            "selection: {{ra: 83.6331, dec: 22.0145, evtype: 3}}\n\
             gtlike: {{irfs: {IRFS}, edisp: false}}\nfileio: {{outdir: {out}}}\n\
             files: {{ccube: {inputs}/cntmap.fits.gz, bexpmap: {exposure}, srcmap: {inputs}/srcmap.fits.gz, \
             ltcube: {inputs}/ltcube.fits.gz, irfs: {irfs}, xml: crab.xml}}\n",
            out = folder.path().display(),
            inputs = inputs.display(),
            exposure = exposure.display(),
            irfs = irfs.display(),
        );
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, text)?;
        Ok(path)
    };
    let theirs = SourceMapFile::open(&inputs.join("srcmap.fits.gz"))?.read("Extragal_diffuse")?;
    let mut comparisons = Vec::new();
    let file = inputs.join("binned_expmap.fits.gz");
    let map = isotropic(&config(&file)?)?;
    comparisons.extend(worst("isotropic map, exposure of the file: sum of a plane", sums(&map, &theirs, 1e-3)));
    comparisons.extend(worst("the same: root of the mean square of the pixels of a plane", pixels(&map, &theirs)));
    let map = isotropic(&config(&as_used)?)?;
    let what = "isotropic map, exposure in the pixels of the maps: sum of a plane";
    comparisons.extend(worst(what, sums(&map, &theirs, 3e-3)));
    comparisons.extend(worst("the same: root of the mean square of the pixels of a plane", pixels(&map, &theirs)));

    let mut analysis = Analysis::open(config(&file)?)?;
    let fit = analysis.fit(&FitOptions::default())?;
    comparisons.push(quality("fit with the maps of the file, the Crab's from P8R3_SOURCE_V3", &fit));
    for (source, parameter, value, error) in [
        ("Extragal_diffuse", "Normalization", 1.997, 1.009),
        ("Galactic_diffuse", "Value", 1.009, 0.094),
        ("Crab", "Index", -2.315, 0.147),
    ] {
        let found = analysis.roi().source(source)?.spectrum().parameter(parameter);
        let found = found.map_or(f64::NAN, roi_model::Parameter::value);
        comparisons.push(Comparison::sigma(format!("fit: {source}:{parameter}"), value, found, error, 0.3));
    }
    Ok(comparisons)
}

/// The values of the exposure that comes with the data in pixels of a map of all the sky: each pixel has the value of the livetime pixel that its
/// centre falls in, as gtexpcube2 computes it; beyond the region that of the nearest direction within.
fn exposure_of_the_maps(inputs: &Path) -> Result<lat_response::Exposure, Failure> {
    let given = lat_io::read_exposure(&inputs.join("binned_expmap.fits.gz"))?;
    let livetime = HealpixGrid::new(16, HealpixOrdering::Nested, Frame::Celestial)?;
    let pixel_of = |direction: &SkyDirection| livetime.pixel(direction);
    let centers: Vec<_> = (0..given.cube().grid().n_pixels())
        .filter_map(|pixel| Some((pixel, given.cube().grid().direction(pixel)?)))
        .collect();
    // 64 x 64 pixels of half a degree; the corner of four of them is at (180, 0).
    let mut header = WcsHeader::centered([64, 64], 0.5, Frame::Galactic, "CAR", [180.0, 0.0]);
    header.crpix = [41.5, 44.5];
    let grid = SkyGrid::wcs(header)?;
    let mut planes = Array2::zeros((given.cube().energies().len(), grid.n_pixels()));
    for (pixel, mut column) in planes.columns_mut().into_iter().enumerate() {
        let Some(direction) = grid.direction(pixel) else { continue };
        let same = centers.iter().find(|(_, center)| pixel_of(center) == pixel_of(&direction));
        let distance = |center: &SkyDirection| center.separation(&direction);
        let nearest = || centers.iter().min_by(|a, b| distance(&a.1).total_cmp(&distance(&b.1)));
        let Some((source, _)) = same.or_else(nearest) else { continue };
        column.assign(&given.cube().planes().column(*source));
    }
    let cube = SkyCube::new("exposure", grid, given.cube().energies().to_vec(), planes)?;
    Ok(lat_response::Exposure::new(cube, lat_response::ExposureLookup::Fermitools)?)
}

/// The isotropic map of a configuration, made anew.
fn isotropic(config: &Path) -> Result<SourceMap, Failure> {
    let loaded = lat_dataset::load(config)?;
    let component = loaded.observation.components.first().ok_or("no component")?;
    let source = loaded.roi.source("Extragal_diffuse")?;
    let mut made = None;
    component.make_source_maps(&[component.model.source(source)?], &|_| (), |_, map| {
        made = Some(map);
        Ok::<_, lat_dataset::Error>(())
    })?;
    Ok(made.ok_or("no map was made")?)
}

fn sums(ours: &SourceMap, theirs: &SourceMap, bar: f64) -> Vec<Comparison> {
    let sum = |view: ndarray::ArrayView2<'_, f32>| view.iter().copied().map(f64::from).sum::<f64>();
    let planes = ours.planes().axis_iter(Axis(0)).zip(theirs.planes().axis_iter(Axis(0)));
    planes.enumerate().map(|(k, (a, b))| Comparison::relative(format!("plane {k}"), sum(b), sum(a), bar)).collect()
}

/// The root of the mean square of the relative differences of the pixels, plane by plane.
fn pixels(ours: &SourceMap, theirs: &SourceMap) -> Vec<Comparison> {
    let planes = ours.planes().axis_iter(Axis(0)).zip(theirs.planes().axis_iter(Axis(0)));
    let square = |(a, b): (&f32, &f32)| f64::from(a / b - 1.0).powi(2);
    planes
        .enumerate()
        .map(|(k, (a, b))| {
            let mean = a.iter().zip(&b).map(square).sum::<f64>() / a.len() as f64;
            Comparison::absolute(format!("plane {k}"), 0.0, mean.sqrt(), 5e-3)
        })
        .collect()
}
