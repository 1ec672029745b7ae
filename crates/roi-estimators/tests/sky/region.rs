//! A region on disk, its counts drawn from a model with a source more than the analysis knows.

use std::f64::consts::PI;

use fixtures::{isotropic_xml, library_xml, point_source_xml, power_law_xml, write_psf};
use lat_io::CountsCubeFile;
use lat_response::{Exposure, ExposureLookup, Frame, HealpixGrid, HealpixOrdering, Psf, SkyCube, SkyGrid, WcsHeader};
use likelihood_core::{CountsCube, EnergyAxis};
use ndarray::{Array2, Array3};
use roi_fit::{Analysis, FitOptions};
use roi_model::SkyDirection;

/// The middle of the region.
pub(crate) const CENTER: [f64; 2] = [83.6, 22.0];
/// Where the source is that the model lacks.
pub(crate) const HIDDEN: [f64; 2] = [82.93, 22.71];

/// Pixels of a component.
#[derive(Clone, Copy)]
pub(crate) enum Pixels {
    /// Pixels along a side, and degrees a pixel.
    Image(usize, f64),
    /// Pixels along x and y, and degrees a pixel.
    Wide(usize, usize, f64),
    /// Pixels of 0.23 degrees in a disk of so many degrees.
    Healpix(f64),
}

fn axis() -> EnergyAxis {
    EnergyAxis::new((0..=5).map(|k| 500.0 * 2f64.powi(k)).collect()).unwrap()
}

fn grid(pixels: Pixels) -> SkyGrid {
    match pixels {
        Pixels::Image(n, step) => {
            SkyGrid::wcs(WcsHeader::centered([n, n], step, Frame::Celestial, "AIT", CENTER)).unwrap()
        }
        Pixels::Wide(nx, ny, step) => {
            SkyGrid::wcs(WcsHeader::centered([nx, ny], step, Frame::Celestial, "AIT", CENTER)).unwrap()
        }
        Pixels::Healpix(radius) => {
            let sphere = HealpixGrid::new(256, HealpixOrdering::Ring, Frame::Celestial).unwrap();
            SkyGrid::Healpix(sphere.disk(&SkyDirection::new(CENTER[0], CENTER[1]).unwrap(), radius).unwrap())
        }
    }
}

fn model(with_hidden: bool) -> String {
    let source =
        |name: &str, at: [f64; 2]| point_source_xml(name, at, &power_law_xml([4.0, 2.1, 2000.0], "1e-13", 0.01, true));
    let mut sources = vec![
        isotropic_xml("isotropic", &power_law_xml([1.0, 2.3, 1000.0], "2e-9", 0.01, false)),
        source("known", [84.3, 21.4]),
    ];
    sources.extend(with_hidden.then(|| source("hidden", HIDDEN)));
    library_xml(&sources)
}

/// Random numbers between 0 and 1.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Counts of this mean, by the product of random numbers (Knuth).
    fn counts(&mut self, mean: f64) -> f32 {
        let (limit, mut product, mut n) = ((-mean).exp(), self.next(), 0.0);
        while product > limit {
            product *= self.next();
            n += 1.0;
        }
        n
    }
}

/// A region that was fitted without the hidden source.
pub(crate) struct SkyRegion {
    pub(crate) analysis: Analysis,
    folder: tempfile::TempDir,
}

impl SkyRegion {
    pub(crate) fn new(components: &[Pixels]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let name = |kind: &str, index: usize| path(&format!("{kind}_{index:02}.fits"));
        let write_counts = |index: usize, counts: Array3<f32>| {
            let cube = CountsCube::new(axis(), counts).unwrap();
            let counts = CountsCubeFile { cube, grid: grid(components[index]), gti: Vec::new() };
            lat_io::write_counts_cube(&name("ccube", index), &counts).unwrap();
        };
        for (index, pixels) in components.iter().enumerate() {
            let [ny, nx] = grid(*pixels).shape();
            write_counts(index, Array3::ones((5, ny, nx)));
            write_instrument(&name("bexpmap", index), &name("psf", index));
        }
        let config = path("config.yaml");
        let list: Vec<String> = components.iter().map(|_| "{}".to_owned()).collect();
        let projection = if matches!(components[0], Pixels::Healpix(_)) { "HPX" } else { "WCS" };
        let text = format!(
            "components: [{}]\nbinning: {{projtype: {projection}}}\ngtlike: {{edisp: false}}\nmodel: {{}}\nfiles: {{xml: model.xml}}\n",
            list.join(", ")
        );
        std::fs::write(&config, text).unwrap();
        std::fs::write(path("model.xml"), model(true)).unwrap();
        let truth = Analysis::open(&config).unwrap();
        let mut random = Random(7);
        for (index, cubes) in truth.cubes(&[]).unwrap().iter().enumerate() {
            write_counts(index, cubes.model().mapv(|mean| random.counts(mean)));
        }
        std::fs::write(path("model.xml"), model(false)).unwrap();
        let mut analysis = Analysis::open(&config).unwrap();
        assert!(analysis.fit(&FitOptions::default()).unwrap().fit_success);
        Self { analysis, folder }
    }

    /// Its configuration.
    pub(crate) fn config(&self) -> std::path::PathBuf {
        self.folder.path().join("config.yaml")
    }
}

/// An exposure that is the same everywhere, and a Gaussian PSF whose width falls as the root of the energy.
fn write_instrument(exposure: &std::path::Path, psf: &std::path::Path) {
    let edges = axis().edges().to_vec();
    let sky = SkyGrid::wcs(WcsHeader::centered([72, 36], 5.0, Frame::Celestial, "CAR", [0.0, 0.0])).unwrap();
    let planes = Array2::from_elem((edges.len(), 72 * 36), 3e11);
    let cube = SkyCube::new("exposure", sky, edges.clone(), planes).unwrap();
    lat_io::write_exposure(exposure, &Exposure::new(cube, ExposureLookup::Fermitools).unwrap()).unwrap();
    let thetas: Vec<f64> = (0..400).map(|i| 1e-4 * f64::from(i * i)).collect();
    let table = Array2::from_shape_fn((edges.len(), 400), |(energy, theta)| {
        let sigma = 0.6 * (edges[energy] / 500.0).powf(-0.5);
        (-0.5 * (thetas[theta] / sigma).powi(2)).exp() / (2.0 * PI * sigma.to_radians().powi(2))
    });
    write_psf(psf, &Psf::new(edges, thetas, table).unwrap());
}
