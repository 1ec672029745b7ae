//! What making source maps takes is what was told before. Each case runs in a process of its own, whose peak the system tells.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::borrow::Cow;
use std::process::Command;
use std::sync::Arc;

use lat_response::{
    Exposure, ExposureLookup, Frame, Making, MapSize, Psf, RadialProfile, Recipe, Response, SkyCube, SkyGrid,
    SkyPlanes, SourceMapBuilder, SourceMapOptions, TemplateFiles, TemplateSize, WcsGrid, WcsHeader,
};
use likelihood_core::EnergyAxis;
use ndarray::Array2;
use roi_model::{Source, SourceType, SpatialModel, Spectrum};

const CASE: &str = "FOOTPRINT_CASE";
const THREADS: usize = 2;

/// A template whose planes are given out as copies, as those of a file are.
#[derive(Debug)]
struct File(SkyCube);

impl SkyPlanes for File {
    fn what(&self) -> &str {
        self.0.what()
    }

    fn grid(&self) -> &SkyGrid {
        self.0.grid()
    }

    fn energies(&self) -> &[f64] {
        self.0.energies()
    }

    fn plane(&self, index: usize) -> lat_response::Result<Cow<'_, [f32]>> {
        SkyPlanes::plane(&self.0, index).map(|plane| plane.into_owned().into())
    }
}

struct Files(Arc<File>);

impl TemplateFiles for Files {
    fn map(&self, _: &str) -> lat_response::Result<Arc<dyn SkyPlanes>> {
        Ok(Arc::clone(&self.0) as Arc<dyn SkyPlanes>)
    }

    fn profile(&self, file: &str) -> lat_response::Result<RadialProfile> {
        ().profile(file)
    }
}

/// Counts of so many pixels of a size, a template's pixel size, recipe, and how many sources.
fn case(name: &str) -> (usize, f64, f64, Recipe, usize) {
    match name {
        "accurate" => (100, 0.1, 0.5, Recipe::accurate(), 1),
        "fine template" => (50, 0.2, 0.05, Recipe::fermitools(), 1),
        "four sources" => (100, 0.1, 0.5, Recipe::fermitools(), 4),
        "five sources" => (100, 0.1, 0.5, Recipe::fermitools(), 5),
        _ => (100, 0.1, 0.5, Recipe::fermitools(), 1),
    }
}

fn wcs(n: [usize; 2], step: f64) -> SkyGrid {
    SkyGrid::Wcs(WcsGrid::new(WcsHeader::centered(n, step, Frame::Galactic, "CAR", [0.0, 0.0])).unwrap())
}

/// An exposure, and a PSF so wide that the padding is the largest.
fn response(edges: &[f64], lookup: ExposureLookup) -> Response {
    let sigma = 5.0_f64;
    let planes = Array2::from_elem((edges.len(), 648), 1e11);
    let cube = SkyCube::new("exposure", wcs([36, 18], 10.0), edges.to_vec(), planes).unwrap();
    let thetas: Vec<f64> = (0..400).map(|i| 4e-4 * f64::from(i * i)).collect();
    let peak = 1.0 / (std::f64::consts::TAU * sigma.to_radians().powi(2));
    let psf = Array2::from_shape_fn((edges.len(), 400), |(_, t)| (-thetas[t] / sigma).exp() * peak);
    Response {
        exposure: Exposure::new(cube, lookup).unwrap(),
        psf: Psf::new(edges.to_vec(), thetas, psf).unwrap().into(),
    }
}

/// The peak of this process in bytes, where the system tells it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Prints estimate and growth; does nothing when it is not asked for a case.
#[test]
fn child() {
    let Ok(name) = std::env::var(CASE) else { return };
    let (n, step, pixel, recipe, n_sources) = case(&name);
    let edges = vec![100.0, 300.0, 1000.0];
    let whole = if name == "fine template" { [1000, 1000] } else { [720, 360] };
    let template = wcs(whole, pixel);
    let planes = Array2::from_elem((edges.len(), template.n_pixels()), 1.0);
    let files = Files(Arc::new(File(SkyCube::new("template", template.clone(), edges.clone(), planes).unwrap())));
    let mut options = SourceMapOptions::default();
    options.recipe = recipe;
    options.least_template_pixel = 0.05;
    let grid = wcs([n, n], step);
    let bytes = 4 * edges.len() * template.n_pixels();
    let diffuse = vec![TemplateSize::map(template, bytes); n_sources];
    let size = MapSize { planes: edges.len(), options: &options, diffuse: &diffuse, templates: 0 };
    let estimate = Making::new(&grid, &size).unwrap().bytes(THREADS);
    let lookup = if recipe == Recipe::accurate() { ExposureLookup::Bilinear } else { ExposureLookup::Fermitools };
    let response = response(&edges, lookup);
    let source = SpatialModel::map_cube("t.fits").unwrap();
    let spectrum = Spectrum::with_defaults("PowerLaw").unwrap();
    let source = Source::new("diffuse", SourceType::Diffuse, spectrum, source).unwrap();
    let Some(before) = peak() else { return };
    let axis = EnergyAxis::new(edges).unwrap();
    let builder = SourceMapBuilder::new(&grid, &axis, 0, response, options).unwrap();
    builder.build_each::<lat_response::Error>(&vec![&source; n_sources], &files, &|_| (), |_, _| Ok(())).unwrap();
    println!("FOUND {estimate} {}", peak().unwrap() - before);
}

#[test]
fn the_estimate_is_what_is_taken() {
    if peak().is_none() {
        println!("SKIPPED: this system does not tell the peak of a process");
        return;
    }
    for name in ["one source", "accurate", "fine template", "four sources", "five sources"] {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "child", "--nocapture"]).env(CASE, name).env("RAYON_NUM_THREADS", THREADS.to_string());
        let output = child.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let found = text.lines().find_map(|line| Some(line.split_once("FOUND ")?.1));
        let numbers: Vec<f64> =
            found.unwrap_or_else(|| unreachable!("{text}")).split(' ').map(|n| n.parse().unwrap()).collect();
        let ratio = numbers[0] / numbers[1];
        println!("{name}: estimate {:.1} MB, taken {:.1} MB", numbers[0] / 1e6, numbers[1] / 1e6);
        assert!((0.9..1.4).contains(&ratio), "{name}: {numbers:?}");
    }
}
