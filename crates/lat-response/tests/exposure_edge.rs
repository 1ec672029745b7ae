//! An exposure map that covers the region alone: beyond its edge the nearest pixel counts, and the user is told of how much.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use lat_response::{
    Error, Exposure, ExposureLookup, Frame, HealpixGrid, HealpixOrdering, Psf, Recipe, Response, SkyCube, SkyGrid,
    SourceMapBuilder, SourceMapOptions, WcsHeader,
};
use likelihood_core::{EnergyAxis, SourceMap};
use ndarray::Array2;
use roi_model::{SkyDirection, Source, SourceType, SpatialModel, Spectrum};

const CENTER: [f64; 2] = [83.6, 22.0];
const EDGES: [f64; 3] = [1000.0, 2000.0, 4000.0];

/// What the program would print.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn sky(size: [usize; 2], step: f64, projection: &str, center: [f64; 2]) -> SkyGrid {
    SkyGrid::wcs(WcsHeader::centered(size, step, Frame::Celestial, projection, center)).unwrap()
}

fn all_sky() -> SkyGrid {
    sky([360, 180], 1.0, "CAR", [0.0, 0.0])
}

/// The map of isotropic emission in 4 x 4 deg, with an exposure of 1e11 cm^2 s on these pixels and a PSF of a Gaussian of half a degree; and
/// what was printed.
fn isotropic(exposure: SkyGrid, recipe: Recipe) -> (Result<SourceMap, Error>, String) {
    let values = Array2::from_elem((3, exposure.n_pixels()), 1e11);
    let cube = SkyCube::new("exposure map 'bexpmap.fits'", exposure, EDGES.to_vec(), values).unwrap();
    let thetas: Vec<f64> = (0..300).map(|i| 1e-4 * f64::from(i * i)).collect();
    let psf = Array2::from_shape_fn((3, 300), |(_, t)| {
        (-0.5 * (thetas[t] / 0.5f64).powi(2)).exp() / (2.0 * std::f64::consts::PI * 0.5f64.to_radians().powi(2))
    });
    let response = Response {
        exposure: Exposure::new(cube, recipe.exposure_lookup).unwrap(),
        psf: Psf::new(EDGES.to_vec(), thetas, psf).unwrap().into(),
    };
    let mut options = SourceMapOptions::default();
    options.recipe = recipe;
    let axis = EnergyAxis::new(EDGES.to_vec()).unwrap();
    let builder = SourceMapBuilder::new(&sky([20, 20], 0.2, "AIT", CENTER), &axis, 0, response, options).unwrap();
    let spectrum = Spectrum::with_defaults("PowerLaw").unwrap();
    let source = Source::new("iso", SourceType::Diffuse, spectrum, SpatialModel::isotropic().unwrap()).unwrap();
    let printed = Printed::default();
    let writer = printed.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let map = tracing::subscriber::with_default(subscriber, || builder.source_map(&source, &()));
    let text = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
    (map, text)
}

#[test]
fn beyond_the_edge_of_the_exposure_map_its_nearest_pixel_counts_and_it_is_said() {
    for recipe in [Recipe::fermitools(), Recipe::accurate()] {
        let (whole, silent) = isotropic(all_sky(), recipe);
        assert_eq!(silent, "");
        // As large as the counts; the PSF brings in what lies beyond.
        let (region, told) = isotropic(sky([4, 4], 1.0, "AIT", CENTER), recipe);
        for (a, b) in whole.unwrap().planes().iter().zip(region.unwrap().planes()) {
            assert!((a / b - 1.0).abs() < 1e-6, "{a} {b}");
        }
        assert!(told.contains("WARN") && told.contains("'iso'") && told.contains("bexpmap.fits"), "{told}");
        let share: f64 = told.split(" % of its emission").next().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
        // Of an image that reaches at least a degree beyond the corners of the counts, more than half.
        assert!((50.0..95.0).contains(&share), "{told}");
    }
}

#[test]
fn an_exposure_of_a_part_of_the_sky_without_a_nearest_pixel_is_refused() {
    let center = SkyDirection::new(CENTER[0], CENTER[1]).unwrap();
    let disk = HealpixGrid::new(16, HealpixOrdering::Ring, Frame::Celestial).unwrap().disk(&center, 2.0).unwrap();
    let (map, _) = isotropic(SkyGrid::Healpix(disk), Recipe::fermitools());
    let error = map.unwrap_err().to_string();
    assert!(error.contains("bexpmap.fits") && error.contains("whole sky"), "{error}");
    let whole = HealpixGrid::new(16, HealpixOrdering::Ring, Frame::Celestial).unwrap();
    let (map, told) = isotropic(SkyGrid::Healpix(whole), Recipe::fermitools());
    assert!(map.is_ok() && told.is_empty(), "{told}");
    // A map that reaches around the sky but not to the poles, far from them.
    let (map, told) = isotropic(sky([360, 120], 1.0, "CAR", [0.0, 0.0]), Recipe::fermitools());
    assert!(map.is_ok() && told.is_empty(), "{told}");
}

#[test]
fn a_lookup_off_the_map_is_still_empty() {
    let grid = sky([4, 4], 1.0, "AIT", CENTER);
    let cube = SkyCube::new("exposure", grid, EDGES.to_vec(), Array2::from_elem((3, 16), 1.0)).unwrap();
    let exposure = Exposure::new(cube, ExposureLookup::Fermitools).unwrap();
    assert_eq!(exposure.value(0, &SkyDirection::new(90.0, 22.0).unwrap()), None);
}
