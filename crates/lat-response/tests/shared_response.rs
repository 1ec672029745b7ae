//! What many responses share changes nothing: tables of response functions, and pixels and templates of maps.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::sync::Arc;

use lat_response::{
    Exposure, ExposureLookup, Frame, Psf, RadialProfile, Response, SkyCube, SkyGrid, SkyPlanes, SourceMapBuilder,
    SourceMapOptions, TemplateFiles, WcsGrid, WcsHeader,
};
use likelihood_core::EnergyAxis;
use ndarray::Array2;
use roi_model::{Parameter, SkyDirection, Source, SourceType, SpatialKind, SpatialModel, Spectrum};

const EDGES: [f64; 4] = [300.0, 1000.0, 3000.0, 10_000.0];

/// A cube of the whole sky with structure, of a power law.
struct Sky(Arc<dyn SkyPlanes>);

impl TemplateFiles for Sky {
    fn map(&self, _: &str) -> lat_response::Result<Arc<dyn SkyPlanes>> {
        Ok(Arc::clone(&self.0))
    }

    fn profile(&self, file: &str) -> lat_response::Result<RadialProfile> {
        ().profile(file)
    }
}

fn all_sky(what: &str, energies: Vec<f64>, value: impl Fn(usize, f64, f64) -> f64) -> SkyCube {
    let sky = WcsHeader::centered([360, 180], 1.0, Frame::Celestial, "CAR", [0.0, 0.0]);
    let grid = SkyGrid::Wcs(WcsGrid::new(sky).unwrap());
    #[expect(clippy::cast_possible_truncation, reason = "maps are single precision")]
    let planes = Array2::from_shape_fn((energies.len(), grid.n_pixels()), |(plane, pixel)| {
        let direction = grid.direction(pixel).unwrap();
        value(plane, direction.ra(), direction.dec()) as f32
    });
    SkyCube::new(what, grid, energies, planes).unwrap()
}

/// Exposure that falls with declination, and Gaussian PSFs of a width that falls with energy.
fn response(exposure: f64, slope: f64, width: f64) -> Response {
    let value = |plane: usize, _: f64, dec: f64| exposure * (1.0 + plane as f64) * (1.0 + slope * (dec - 22.0) / 10.0);
    let cube = all_sky("exposure", EDGES.to_vec(), |plane, ra, dec| value(plane, ra, dec).max(0.0));
    let thetas: Vec<f64> = (0..400).map(|i| 5e-5 * f64::from(i * i)).collect();
    let psf = Array2::from_shape_fn((4, 400), |(plane, theta)| {
        let sigma = width / (1.0 + plane as f64);
        (-(thetas[theta] / sigma).powi(2) / 2.0).exp() / (2.0 * std::f64::consts::PI * sigma.to_radians().powi(2))
    });
    Response {
        exposure: Exposure::new(cube, ExposureLookup::Fermitools).unwrap(),
        psf: Psf::new(EDGES.to_vec(), thetas, psf).unwrap().into(),
    }
}

fn sources() -> [Source; 3] {
    let spectrum = || Spectrum::with_defaults("PowerLaw").unwrap();
    let one = |name: &str| vec![Parameter::new(name, 1.0).unwrap()];
    let cube = SpatialModel::new(SpatialKind::MapCube, one("Normalization"), Some("cube".into())).unwrap();
    let even = SpatialModel::new(SpatialKind::Isotropic, one("Value"), None).unwrap();
    let point = SpatialModel::point(SkyDirection::new(84.1, 22.4).unwrap()).unwrap();
    [
        Source::new("galactic", SourceType::Diffuse, spectrum(), cube).unwrap(),
        Source::new("isotropic", SourceType::Diffuse, spectrum(), even).unwrap(),
        Source::new("point", SourceType::Point, spectrum(), point).unwrap(),
    ]
}

#[test]
fn maps_of_a_builder_that_shares_are_those_of_a_new_one() {
    let files = Sky(Arc::new(all_sky("cube", vec![100.0, 1000.0, 100_000.0], |plane, ra, dec| {
        1e-3 * 0.01f64.powi(i32::try_from(plane).unwrap()) * (1.5 + (ra / 2.0).sin() * (dec / 3.0).cos())
    })));
    let grid = WcsHeader::centered([40, 30], 0.2, Frame::Celestial, "AIT", [83.6, 22.0]);
    let (grid, axis) = (SkyGrid::Wcs(WcsGrid::new(grid).unwrap()), EnergyAxis::new(EDGES.to_vec()).unwrap());
    let sources = sources();
    let borrowed: Vec<&Source> = sources.iter().collect();
    let new = |response| SourceMapBuilder::new(&grid, &axis, 0, response, SourceMapOptions::default()).unwrap();
    let shared = new(response(1e11, 0.1, 0.6)).sharing(&sources, &files).unwrap();
    // The third PSF is too wide for what is kept.
    for (exposure, slope, width) in [(2e11, -0.3, 0.55), (1e10, 0.2, 0.65), (1e11, 0.0, 1.6)] {
        let ours = shared.with_response(response(exposure, slope, width)).unwrap();
        // Twice: what is kept from the first time is what the second time takes.
        for _ in 0..2 {
            let maps = ours.build_all(&borrowed, &files, &|_| ()).unwrap();
            let expected = new(response(exposure, slope, width)).build_all(&borrowed, &files, &|_| ()).unwrap();
            for ((map, expected), source) in maps.iter().zip(&expected).zip(&sources) {
                let largest = expected.planes().iter().copied().fold(0.0, f32::max);
                assert!(largest > 0.0);
                for (value, expected) in map.planes().iter().zip(expected.planes()) {
                    let difference = f64::from(value - expected).abs();
                    assert!(difference <= 2e-6 * f64::from(largest), "{}: {value} {expected}", source.name());
                }
            }
        }
    }
}
