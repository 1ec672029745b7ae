//! A region in HEALPix pixels from its files to the fit: counts, source maps and model made here by formula, read and fitted as a user would.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::f64::consts::PI;
use std::path::Path;

use fixtures::{isotropic_xml, library_xml, point_source_xml, power_law_xml, write_psf};
use lat_io::{CountsCubeFile, SourceMapFile};
use lat_response::{Exposure, ExposureLookup, Frame, HealpixGrid, HealpixOrdering, Psf, SkyCube, SkyGrid, WcsHeader};
use likelihood_core::{CountsCube, EnergyAxis, SourceMap};
use ndarray::{Array2, Array3};
use roi_fit::{Analysis, FitOptions, MakeOptions, Quiet, make_source_maps};
use roi_model::SkyDirection;

/// Exposure, cm^2 s, the same at all energies.
const EXPOSURE: f64 = 1e12;
/// Width of the PSF, degrees, the same at all energies.
const SIGMA: f64 = 1.5;
/// True prefactor (1e-12 per cm^2 s MeV) and index of the source, true normalisation of the isotropic emission.
const TRUTH: [f64; 3] = [4.0, 2.1, 1.3];

fn position() -> SkyDirection {
    SkyDirection::from_galactic(100.5, 62.25).unwrap()
}

fn axis() -> EnergyAxis {
    EnergyAxis::new((0..=8).map(|k| 1000.0 * 2f64.powi(k)).collect()).unwrap()
}

/// Maps of the source and of the isotropic emission.
#[expect(clippy::cast_possible_truncation, reason = "source maps are kept in 32-bit floats")]
fn maps(grid: &HealpixGrid) -> [(String, SourceMap); 2] {
    let omega = grid.solid_angle();
    let density = |pixel: usize| {
        let separation = grid.direction_of(pixel).unwrap().separation(&position()) / SIGMA;
        // The PSF ends somewhere: most of the sphere is 0.
        if separation > 6.0 { 0.0 } else { (-0.5 * separation.powi(2)).exp() / (2.0 * PI * SIGMA.to_radians().powi(2)) }
    };
    let map = |density: &dyn Fn(usize) -> f64| {
        let shape = (axis().edges().len(), 1, grid.n_pixels());
        SourceMap::new(Array3::from_shape_fn(shape, |(_, _, i)| (EXPOSURE * omega * density(i)) as f32)).unwrap()
    };
    [("source".to_owned(), map(&density)), ("isotropic".to_owned(), map(&|_| 1.0))]
}

fn spectra([prefactor, index, norm]: [f64; 3], energy: f64) -> [f64; 2] {
    [prefactor * 1e-12 * (energy / 2000.0).powf(-index), norm * 2e-12 * (energy / 2000.0).powf(-2.4)]
}

/// The counts that the true model expects, by the likelihood's own rule (log trapezoid).
#[expect(clippy::cast_possible_truncation, reason = "counts are kept in 32-bit floats")]
fn expected(grid: &HealpixGrid) -> Array3<f32> {
    let (axis, maps) = (axis(), maps(grid));
    let edges = axis.edges();
    Array3::from_shape_fn((axis.n_bins(), 1, grid.n_pixels()), |(k, _, pixel)| {
        let at = |edge: usize| {
            let spectra = spectra(TRUTH, edges[edge]);
            let sum = |(map, s): (&(String, SourceMap), f64)| f64::from(map.1.planes()[[edge, 0, pixel]]) * s;
            edges[edge] * maps.iter().zip(spectra).map(sum).sum::<f64>()
        };
        (0.5 * (at(k) + at(k + 1)) * (edges[k + 1] / edges[k]).ln()) as f32
    })
}

fn model([prefactor, index, norm]: [f64; 3]) -> String {
    let source = power_law_xml([prefactor, index, 2000.0], "1e-12", 0.01, true);
    let isotropic = power_law_xml([norm, 2.4, 2000.0], "2e-12", 0.01, false);
    let position = [position().ra(), position().dec()];
    library_xml(&[point_source_xml("source", position, &source), isotropic_xml("isotropic", &isotropic)])
}

fn write_region(directory: &Path, grid: &HealpixGrid) {
    let counts = CountsCube::new(axis(), expected(grid)).unwrap();
    let counts = CountsCubeFile { cube: counts, grid: SkyGrid::Healpix(grid.clone()), gti: Vec::new() };
    lat_io::write_counts_cube(&directory.join("ccube_00.fits"), &counts).unwrap();
    lat_io::write_source_maps(&directory.join("srcmap_00.fits"), &counts, &mut maps(grid).into_iter()).unwrap();
    std::fs::write(directory.join("srcmdl_00.xml"), model([2.0, 2.4, 1.0])).unwrap();
    let config = "binning: {projtype: HPX}\ngtlike: {edisp: false}\n";
    std::fs::write(directory.join("config.yaml"), config).unwrap();
}

#[test]
fn a_fit_to_the_expected_counts_gives_the_truth_back() {
    let sphere = |nside, ordering, frame| HealpixGrid::new(nside, ordering, frame).unwrap();
    let disk = |grid: HealpixGrid| grid.disk(&position(), 10.0).unwrap();
    for grid in [
        disk(sphere(64, HealpixOrdering::Ring, Frame::Galactic)),
        disk(sphere(64, HealpixOrdering::Nested, Frame::Celestial)),
        sphere(32, HealpixOrdering::Ring, Frame::Galactic),
    ] {
        let directory = tempfile::tempdir().unwrap();
        write_region(directory.path(), &grid);
        let mut analysis = Analysis::open(directory.path().join("config.yaml")).unwrap();
        // The pixels of the file are those of the model: the source lies in the brightest.
        let counts = lat_io::read_counts_cube(&directory.path().join("ccube_00.fits")).unwrap();
        let brightest = (0..grid.n_pixels()).max_by(|a, b| {
            let at = |i: usize| counts.cube.counts()[[0, 0, i]];
            at(*a).total_cmp(&at(*b))
        });
        let nearest = counts.grid.direction(brightest.unwrap()).unwrap().separation(&position());
        assert!(nearest < 1.5, "{grid:?}: {nearest} deg");
        if !grid.is_full_sky() {
            assert!(analysis.roi().center().separation(&position()) < 1e-6, "the middle of the region is its centre");
        }

        let mut options = FitOptions::default();
        options.tol = 1e-8;
        let result = analysis.fit(&options).unwrap();
        assert_eq!(result.fit_quality, 3, "{grid:?}: {}", result.message);
        // The order is that of names: isotropic, then source.
        let [prefactor, index, norm] = TRUTH;
        for ((found, error), truth) in result.values.iter().zip(&result.errors).zip([norm, prefactor, index]) {
            assert!((found - truth).abs() < 1e-3 * error, "{grid:?}: {found} +- {error}, {truth} went in");
        }
        // At the truth the model is the counts.
        let npred: f64 = result.sources.values().map(|source| source.npred).sum();
        approx::assert_relative_eq!(npred, counts.cube.total(), max_relative = 1e-5);
    }
}

/// Exposure and PSF of the region, and no source maps.
fn write_instrument(directory: &Path) {
    let path = |name: &str| directory.join(name);
    std::fs::remove_file(path("srcmap_00.fits")).unwrap();
    let sky = SkyGrid::wcs(WcsHeader::centered([72, 36], 5.0, Frame::Celestial, "CAR", [0.0, 0.0])).unwrap();
    let edges = axis().edges().to_vec();
    let planes = Array2::from_elem((edges.len(), 72 * 36), 1e12);
    let cube = SkyCube::new("exposure", sky, edges.clone(), planes).unwrap();
    let cube = Exposure::new(cube, ExposureLookup::Fermitools).unwrap();
    lat_io::write_exposure(&path("bexpmap_00.fits"), &cube).unwrap();
    let thetas: Vec<f64> = (0..400).map(|i| 2e-4 * f64::from(i * i)).collect();
    let psf = Array2::from_shape_fn((edges.len(), 400), |(_, t)| {
        (-0.5 * (thetas[t] / SIGMA).powi(2)).exp() / (2.0 * PI * SIGMA.to_radians().powi(2))
    });
    write_psf(&path("psf_00.fits"), &Psf::new(edges, thetas, psf).unwrap());
}

/// The same region without source maps: exposure and PSF are there instead.
#[test]
fn a_region_is_fitted_from_counts_exposure_and_psf() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let grid = HealpixGrid::new(256, HealpixOrdering::Ring, Frame::Galactic).unwrap().disk(&position(), 10.0).unwrap();
    write_region(directory.path(), &grid);
    write_instrument(directory.path());

    // As gtsrcmaps does, the PSF ends at its 99.5 % containment; what the counts hold beyond goes to the faint isotropic emission.
    for (accurate, [bar, isotropic_bar]) in [(false, [8e-3, 0.1]), (true, [2e-3, 5e-3])] {
        let mut making = MakeOptions::default();
        making.accurate = accurate;
        make_source_maps(&path("config.yaml"), &making, &mut Quiet).unwrap();
        let made = SourceMapFile::open(&path("srcmap_00.fits")).unwrap();
        for (name, expected) in maps(&grid) {
            let found = made.read(&name).unwrap();
            let peak = expected.planes().iter().copied().fold(0.0f32, f32::max);
            let differences = found.planes().iter().zip(expected.planes()).map(|(a, b)| (a - b).abs());
            let worst = differences.fold(0.0f32, f32::max) / peak;
            println!("{name}: {worst:.1e} of the peak");
            assert!(worst < 8e-3, "{name}: {worst}");
        }
        let mut analysis = Analysis::open(path("config.yaml")).unwrap();
        let mut options = FitOptions::default();
        options.tol = 1e-8;
        let result = analysis.fit(&options).unwrap();
        assert_eq!(result.fit_quality, 3, "{}", result.message);
        let [prefactor, index, norm] = TRUTH;
        for (found, (truth, bar)) in result.values.iter().zip([(norm, isotropic_bar), (prefactor, bar), (index, bar)]) {
            println!("accurate {accurate}: {found}, {truth} went in");
            assert!((found / truth - 1.0).abs() < bar, "accurate {accurate}: {found}, {truth} went in");
        }
    }
}

/// The whole sky from counts, exposure and PSF: its maps are written, read and fitted.
#[test]
fn the_whole_sky_is_fitted_from_counts_exposure_and_psf() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let grid = HealpixGrid::new(32, HealpixOrdering::Ring, Frame::Galactic).unwrap();
    write_region(directory.path(), &grid);
    write_instrument(directory.path());
    let mut analysis = Analysis::open(path("config.yaml")).unwrap();
    let made = SourceMapFile::open(&path("srcmap_00.fits")).unwrap();
    for plane in made.read("source").unwrap().planes().outer_iter() {
        let sum: f64 = plane.iter().copied().map(f64::from).sum();
        approx::assert_relative_eq!(sum, 0.995 * EXPOSURE, max_relative = 1e-3);
    }
    for value in made.read("isotropic").unwrap().planes() {
        approx::assert_relative_eq!(f64::from(*value), EXPOSURE * grid.solid_angle(), max_relative = 1e-3);
    }
    let result = analysis.fit(&FitOptions::default()).unwrap();
    assert_eq!(result.fit_quality, 3, "{}", result.message);
    // The counts are those at the pixels' centres, the maps those of whole pixels, which are wider than the PSF.
    let [prefactor, index, norm] = TRUTH;
    for ((found, truth), bar) in result.values.iter().zip([norm, prefactor, index]).zip([2e-3, 0.05, 0.02]) {
        println!("{found}, {truth} went in");
        assert!((found / truth - 1.0).abs() < bar, "{found}, {truth} went in");
    }
}
