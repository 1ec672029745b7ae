//! Source maps on HEALPix pixels: what physics demands of them, and the maps of the same sky on projected pixels.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::f64::consts::PI;
use std::sync::Arc;

use lat_response::{
    Exposure, ExposureLookup, Frame, HealpixGrid, HealpixOrdering, ObservationPsf, Psf, PsfAt, RadialProfile, Recipe,
    Response, SkyCube, SkyGrid, SkyPlanes, SourceMapBuilder, SourceMapOptions, TemplateFiles, WcsHeader,
    plane_energies,
};
use likelihood_core::{EnergyAxis, SourceMap};
use ndarray::{Array2, Axis};
use roi_model::{Parameter, SkyDirection, Source, SourceType, SpatialKind, SpatialModel, Spectrum};

const RECIPES: [Recipe; 2] = [Recipe::fermitools(), Recipe::accurate()];

/// Width of the Gaussian PSF at an energy in MeV, degrees.
fn sigma(energy: f64) -> f64 {
    0.5 * (energy / 1000.0).powf(-0.5)
}

fn axis() -> EnergyAxis {
    EnergyAxis::new((0..=3).map(|k| 1000.0 * 1.5f64.powi(k)).collect()).unwrap()
}

/// 1e11 cm^2 s times plane number + 1 everywhere, and a Gaussian PSF.
fn response(extra: usize) -> Response {
    let energies = plane_energies(&axis(), extra).unwrap();
    let n = energies.len();
    let sky = SkyGrid::wcs(WcsHeader::centered([72, 36], 5.0, Frame::Celestial, "CAR", [0.0, 0.0])).unwrap();
    let planes = Array2::from_shape_fn((n, 72 * 36), |(k, _)| 1e11 * (k + 1) as f32);
    let cube = SkyCube::new("exposure", sky, energies.clone(), planes).unwrap();
    let thetas: Vec<f64> = (0..600).map(|i| 5e-5 * f64::from(i * i)).collect();
    let value =
        |theta: f64, sigma: f64| (-0.5 * (theta / sigma).powi(2)).exp() / (2.0 * PI * sigma.to_radians().powi(2));
    let values = Array2::from_shape_fn((n, 600), |(k, t)| value(thetas[t], sigma(energies[k])));
    Response {
        exposure: Exposure::new(cube, ExposureLookup::Fermitools).unwrap(),
        psf: Psf::new(energies, thetas, values).unwrap().into(),
    }
}

fn center() -> SkyDirection {
    SkyDirection::new(83.6, 22.0).unwrap()
}

fn sphere(nside: u32, ordering: HealpixOrdering, frame: Frame) -> HealpixGrid {
    HealpixGrid::new(nside, ordering, frame).unwrap()
}

fn region(nside: u32) -> HealpixGrid {
    sphere(nside, HealpixOrdering::Ring, Frame::Galactic).disk(&center(), 8.0).unwrap()
}

fn builder(grid: &SkyGrid, extra: usize, recipe: Recipe) -> SourceMapBuilder {
    let mut options = SourceMapOptions::default();
    options.recipe = recipe;
    SourceMapBuilder::new(grid, &axis(), extra, response(extra), options).unwrap()
}

fn source(spatial: SpatialModel) -> Source {
    let kind = if spatial.is_point() { SourceType::Point } else { SourceType::Diffuse };
    Source::new("source", kind, Spectrum::with_defaults("PowerLaw").unwrap(), spatial).unwrap()
}

fn point(direction: SkyDirection) -> Source {
    source(SpatialModel::point(direction).unwrap())
}

fn gaussian(sigma: f64) -> Source {
    let number = |name, value: f64| Parameter::new(name, value).unwrap();
    let parameters = vec![number("RA", center().ra()), number("DEC", center().dec()), number("Sigma", sigma)];
    source(SpatialModel::new(SpatialKind::Gaussian, parameters, None).unwrap())
}

fn isotropic() -> Source {
    source(SpatialModel::isotropic().unwrap())
}

#[expect(clippy::cast_possible_truncation, reason = "maps are stored in single precision")]
fn single(value: f64) -> f32 {
    value as f32
}

fn sums(map: &SourceMap) -> Vec<f64> {
    map.planes().axis_iter(Axis(0)).map(|plane| plane.iter().copied().map(f64::from).sum()).collect()
}

#[test]
fn the_total_of_a_central_source_is_exposure_times_the_contained_fraction() {
    // A source on a pixel's centre, one near a corner, and one in a grid of an NSIDE that is no power of two.
    let off = SkyDirection::new(83.71, 22.13).unwrap();
    for (grid, direction) in [(region(64), center()), (region(128), off), (region(100), off), (region(16), center())] {
        for (recipe, contained) in RECIPES.into_iter().zip([0.995, 0.9999]) {
            let map = builder(&SkyGrid::Healpix(grid.clone()), 0, recipe).source_map(&point(direction), &()).unwrap();
            assert_eq!(map.planes().dim(), (4, 1, grid.n_pixels()));
            for (plane, sum) in sums(&map).into_iter().enumerate() {
                let ratio = sum / (1e11 * (plane + 1) as f64);
                assert!((ratio / contained - 1.0).abs() < 1e-3, "{grid:?}, {recipe:?}, plane {plane}: {ratio}");
            }
        }
    }
}

#[test]
fn a_point_source_is_the_psf_integrated_over_pixels() {
    // The mean direction weighted with the map is the source, and the mean square distance that of the Gaussian and of a pixel.
    let grid = region(128);
    let direction = SkyDirection::new(83.71, 22.13).unwrap();
    let map =
        builder(&SkyGrid::Healpix(grid.clone()), 0, Recipe::accurate()).source_map(&point(direction), &()).unwrap();
    for (plane, energy) in axis().edges().iter().enumerate() {
        let values = map.planes().index_axis(Axis(0), plane);
        let mut moments = [0.0; 4];
        for (pixel, &value) in values.iter().enumerate() {
            let (value, at) = (f64::from(value), grid.direction_of(pixel).unwrap());
            let (dx, dy) = ((at.ra() - direction.ra()) * at.dec().to_radians().cos(), at.dec() - direction.dec());
            for (sum, power) in moments.iter_mut().zip([1.0, dx, dy, dx * dx + dy * dy]) {
                *sum += value * power;
            }
        }
        let [total, dx, dy, square] = moments.map(|sum| sum / moments[0]);
        assert!(total == 1.0 && dx.abs() < 5e-3 && dy.abs() < 5e-3, "{energy} MeV: {dx} {dy}");
        let expected = 2.0 * sigma(*energy).powi(2) + grid.solid_angle().to_degrees().to_degrees() / 6.0;
        assert!((square / expected - 1.0).abs() < 0.02, "{energy} MeV: {square}, expected {expected}");
    }
}

#[test]
fn an_isotropic_map_is_exposure_times_solid_angle_up_to_the_edge() {
    for grid in [region(64), sphere(64, HealpixOrdering::Nested, Frame::Celestial).disk(&center(), 20.0).unwrap()] {
        for recipe in RECIPES {
            let map = builder(&SkyGrid::Healpix(grid.clone()), 0, recipe).source_map(&isotropic(), &()).unwrap();
            for (plane, values) in map.planes().axis_iter(Axis(0)).enumerate() {
                let expected = 1e11 * (plane + 1) as f64 * grid.solid_angle();
                let worst = values.iter().fold(0.0f64, |worst, v| worst.max((f64::from(*v) / expected - 1.0).abs()));
                assert!(worst < 1e-3, "{grid:?}, {recipe:?}, plane {plane}: {worst}");
            }
        }
    }
}

/// A bright square of 2 degrees beside the centre.
struct Square(Arc<SkyCube>);

impl Square {
    fn new() -> Self {
        let header = WcsHeader::centered([160, 160], 0.1, Frame::Celestial, "TAN", [83.6, 22.0]);
        let bright = |x: usize, y: usize| (85..105).contains(&x) && (60..80).contains(&y);
        let values = Array2::from_shape_fn((1, 160 * 160), |(_, p)| if bright(p % 160, p / 160) { 50.0 } else { 0.0 });
        Self(Arc::new(SkyCube::new("square", SkyGrid::wcs(header).unwrap(), vec![1000.0], values).unwrap()))
    }
}

impl TemplateFiles for Square {
    fn map(&self, _file: &str) -> lat_response::Result<Arc<dyn SkyPlanes>> {
        Ok(self.0.clone())
    }

    fn profile(&self, file: &str) -> lat_response::Result<RadialProfile> {
        ().profile(file)
    }
}

fn square() -> Source {
    source(
        SpatialModel::new(
            SpatialKind::Map,
            vec![Parameter::new("Prefactor", 1.0).unwrap()],
            Some("square.fits".into()),
        )
        .unwrap(),
    )
}

/// Intensity (map over solid angle) at the centres of HEALPix pixels, where the projected map has it too, and sums over all pixels.
#[test]
fn maps_are_those_of_projected_pixels() {
    let projected = SkyGrid::wcs(WcsHeader::centered([160, 160], 0.1, Frame::Celestial, "ZEA", [83.6, 22.0])).unwrap();
    let (grid, files) = (region(256), Square::new());
    for (name, source) in [("Gaussian", gaussian(0.8)), ("square", square()), ("point", point(center()))] {
        for (recipe, contained) in RECIPES.into_iter().zip([0.995, 1.0]) {
            let one = builder(&projected, 0, recipe).source_map(&source, &files).unwrap();
            let other = builder(&SkyGrid::Healpix(grid.clone()), 0, recipe).source_map(&source, &files).unwrap();
            for (plane, (a, b)) in sums(&one).into_iter().zip(sums(&other)).enumerate() {
                let contained = if name == "square" { 1.0 } else { contained };
                assert!((b / (a * contained) - 1.0).abs() < 1e-3, "{name}, {recipe:?}, plane {plane}: {a} {b}");
                let (a, b) = (one.planes().index_axis(Axis(0), plane), other.planes().index_axis(Axis(0), plane));
                let solid_angles: Vec<f32> = (0..a.len()).map(|p| single(projected.solid_angle(p))).collect();
                let intensity: Vec<f32> = a.iter().zip(&solid_angles).map(|(v, omega)| v / omega).collect();
                let peak = intensity.iter().copied().fold(0.0f32, f32::max);
                let mut worst = 0.0f64;
                for (pixel, value) in b.iter().enumerate() {
                    let found = projected.interpolation(&grid.direction_of(pixel).unwrap()).apply(&intensity);
                    let Some(found) = found else { continue };
                    worst = worst.max((f64::from(*value) / grid.solid_angle() - found * contained).abs());
                }
                let worst = worst / f64::from(peak);
                println!("{name}, {recipe:?}, plane {plane}: {worst:.1e} of the peak");
                // Pixels of 0.23 deg are not those of 0.1 deg where the PSF is 0.3 deg wide.
                let bar = if name == "point" { 4e-2 } else { 1e-2 };
                assert!(worst < bar, "{name}, {recipe:?}, plane {plane}: {worst}");
            }
        }
    }
}

/// The same pixels in another numbering hold the same values.
#[test]
fn numbering_does_not_matter() {
    let (ring, nested) =
        (region(64), sphere(64, HealpixOrdering::Nested, Frame::Galactic).disk(&center(), 8.0).unwrap());
    for source in [point(center()), gaussian(0.5), square()] {
        let [a, b] = [&ring, &nested].map(|grid| {
            builder(&SkyGrid::Healpix(grid.clone()), 0, Recipe::fermitools())
                .source_map(&source, &Square::new())
                .unwrap()
        });
        let peak = a.planes().iter().copied().fold(0.0f32, f32::max);
        for pixel in 0..ring.n_pixels() {
            let other = nested.pixel(&ring.direction_of(pixel).unwrap()).unwrap();
            for plane in 0..4 {
                let difference = a.planes()[[plane, 0, pixel]] - b.planes()[[plane, 0, other]];
                assert!(difference.abs() < 1e-5 * peak, "pixel {pixel}: {difference}");
            }
        }
    }
}

#[test]
fn planes_for_energy_dispersion_are_there_for_the_sources_it_applies_to() {
    let grid = SkyGrid::Healpix(region(32));
    let builder = builder(&grid, 2, Recipe::fermitools());
    assert_eq!(builder.energies().len(), 8);
    for mut source in [point(center()), isotropic(), gaussian(1.0)] {
        assert_eq!(builder.source_map(&source, &()).unwrap().planes().dim(), (8, 1, grid.n_pixels()));
        let all = builder.source_map(&source, &()).unwrap();
        source.set_apply_edisp(false);
        let inner = builder.source_map(&source, &()).unwrap();
        assert_eq!(inner.planes().dim(), (4, 1, grid.n_pixels()));
        assert_eq!(inner.planes(), all.planes().slice_axis(Axis(0), (2..6).into()));
    }
}

#[test]
fn without_psf_all_exposure_lies_in_the_pixel_of_the_source() {
    let grid = region(64);
    let mut source = point(center());
    source.set_apply_psf(false);
    let map = builder(&SkyGrid::Healpix(grid.clone()), 0, Recipe::fermitools()).source_map(&source, &()).unwrap();
    assert_eq!(map.planes()[[0, 0, grid.pixel(&center()).unwrap()]], 1e11);
    assert_eq!(sums(&map)[3], 4.0 * f64::from(1e11f32));
}

/// The whole sky at this NSIDE.
fn sky(nside: u32) -> SkyGrid {
    SkyGrid::Healpix(sphere(nside, HealpixOrdering::Ring, Frame::Galactic))
}

#[test]
fn an_isotropic_sky_is_exposure_times_solid_angle_everywhere() {
    let far = sphere(32, HealpixOrdering::Nested, Frame::Celestial).disk(&center(), 70.0).unwrap();
    for (grid, recipe) in [
        (sky(16), Recipe::fermitools()),
        (sky(64), Recipe::fermitools()),
        (sky(16), Recipe::accurate()),
        (SkyGrid::Healpix(far), Recipe::fermitools()),
    ] {
        let map = builder(&grid, 0, recipe).source_map(&isotropic(), &()).unwrap();
        for (plane, values) in map.planes().axis_iter(Axis(0)).enumerate() {
            let expected = 1e11 * (plane + 1) as f64 * grid.solid_angle(0);
            let worst = values.iter().fold(0.0f64, |worst, v| worst.max((f64::from(*v) / expected - 1.0).abs()));
            assert!(worst < 1e-3, "{grid:?}, {recipe:?}, plane {plane}: {worst}");
        }
    }
}

#[test]
fn on_the_whole_sky_a_source_has_all_of_its_exposure_and_the_map_of_a_region() {
    let whole = sphere(64, HealpixOrdering::Ring, Frame::Galactic);
    let whole_sky = builder(&SkyGrid::Healpix(whole.clone()), 0, Recipe::accurate());
    for direction in [center(), SkyDirection::new(266.4, -28.9).unwrap(), SkyDirection::new(10.0, 89.9).unwrap()] {
        let region = whole.disk(&direction, 20.0).unwrap();
        let around = builder(&SkyGrid::Healpix(region.clone()), 0, Recipe::accurate());
        let map = whole_sky.source_map(&point(direction), &()).unwrap();
        let part = around.source_map(&point(direction), &()).unwrap();
        for (plane, sum) in sums(&map).into_iter().enumerate() {
            approx::assert_relative_eq!(sum, 1e11 * (plane + 1) as f64, max_relative = 3e-4);
            for pixel in 0..region.n_pixels() {
                let there = whole.pixel(&region.direction_of(pixel).unwrap()).unwrap();
                assert_eq!(map.planes()[[plane, 0, there]], part.planes()[[plane, 0, pixel]]);
            }
        }
    }
}

/// A radial profile much wider than a pixel, whose map does not depend on where the pixels of an image lie.
struct Wide;

impl TemplateFiles for Wide {
    fn map(&self, file: &str) -> lat_response::Result<Arc<dyn SkyPlanes>> {
        ().map(file)
    }

    fn profile(&self, _file: &str) -> lat_response::Result<RadialProfile> {
        let thetas: Vec<f64> = (0..600).map(|i| 0.05 * f64::from(i)).collect();
        let values = thetas.iter().map(|theta| (-0.5 * (theta / 4.0f64).powi(2)).exp()).collect();
        RadialProfile::new("wide", thetas, values)
    }
}

#[test]
fn on_the_whole_sky_a_template_has_the_map_of_a_region() {
    let whole = sphere(64, HealpixOrdering::Ring, Frame::Galactic);
    for direction in [center(), SkyDirection::new(266.4, -28.9).unwrap()] {
        let number = |name, value: f64| Parameter::new(name, value).unwrap();
        let parameters =
            vec![number("Normalization", 1.0), number("RA", direction.ra()), number("DEC", direction.dec())];
        let wide = source(SpatialModel::new(SpatialKind::Profile, parameters, Some("wide.txt".into())).unwrap());
        let region = whole.disk(&direction, 20.0).unwrap();
        let [all, part] = [&whole, &region].map(|grid| {
            builder(&SkyGrid::Healpix(grid.clone()), 0, Recipe::fermitools()).source_map(&wide, &Wide).unwrap()
        });
        for plane in 0..4 {
            let peak = part.planes().index_axis(Axis(0), plane).iter().copied().fold(0.0f32, f32::max);
            let worst = (0..region.n_pixels())
                .map(|pixel| {
                    let there = whole.pixel(&region.direction_of(pixel).unwrap()).unwrap();
                    (all.planes()[[plane, 0, there]] - part.planes()[[plane, 0, pixel]]).abs() / peak
                })
                .fold(0.0, f32::max);
            println!("plane {plane}: {worst:.1e} of the peak");
            assert!(worst < 3e-3, "plane {plane}: {worst}");
        }
    }
}

/// A PSF that is twice as wide in the southern sky.
struct North(Psf, Psf);

impl PsfAt for North {
    fn psf(&self, direction: &SkyDirection) -> lat_response::Result<Psf> {
        Ok(if direction.dec() > 0.0 { self.0.clone() } else { self.1.clone() })
    }
}

/// A map in a file, which counts how often a plane is read.
#[derive(Debug)]
struct Counted(SkyCube, std::sync::atomic::AtomicUsize);

impl SkyPlanes for Counted {
    fn what(&self) -> &str {
        self.0.what()
    }

    fn grid(&self) -> &SkyGrid {
        self.0.grid()
    }

    fn energies(&self) -> &[f64] {
        self.0.energies()
    }

    fn plane(&self, index: usize) -> lat_response::Result<std::borrow::Cow<'_, [f32]>> {
        self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        SkyPlanes::plane(&self.0, index).map(|plane| plane.into_owned().into())
    }
}

#[test]
fn on_the_whole_sky_a_template_is_read_once() {
    struct Files(Arc<Counted>);
    impl TemplateFiles for Files {
        fn map(&self, _: &str) -> lat_response::Result<Arc<dyn SkyPlanes>> {
            Ok(Arc::clone(&self.0) as Arc<dyn SkyPlanes>)
        }
        fn profile(&self, file: &str) -> lat_response::Result<RadialProfile> {
            ().profile(file)
        }
    }
    let pixels = SkyGrid::wcs(WcsHeader::centered([72, 36], 5.0, Frame::Galactic, "CAR", [0.0, 0.0])).unwrap();
    let values = Array2::from_shape_fn((5, 72 * 36), |(plane, pixel)| (1 + plane + pixel % 11) as f32);
    // The planes of the counts, and one that no energy draws on.
    let energies: Vec<f64> = axis().edges().iter().copied().chain([1e6]).collect();
    let cube = SkyCube::new("template", pixels, energies, values).unwrap();
    let files = Files(Arc::new(Counted(cube, std::sync::atomic::AtomicUsize::new(0))));
    let made = builder(&sky(8), 0, Recipe::fermitools())
        .source_map(&source(SpatialModel::map_cube("t.fits").unwrap()), &files)
        .unwrap();
    assert!(sums(&made).iter().all(|sum| *sum > 0.0));
    assert_eq!(files.0.1.load(std::sync::atomic::Ordering::Relaxed), 4);
}

#[test]
fn on_the_whole_sky_the_accurate_psf_is_that_of_each_part() {
    let table = |factor: f64| {
        let thetas: Vec<f64> = (0..600).map(|i| 1e-4 * f64::from(i * i)).collect();
        let edges = axis().edges().to_vec();
        let values = Array2::from_shape_fn((4, 600), |(k, t)| {
            let s = factor * 4.0 * sigma(edges[k]);
            (-0.5 * (thetas[t] / s).powi(2)).exp() / (2.0 * PI * s.to_radians().powi(2))
        });
        Psf::new(edges, thetas, values).unwrap()
    };
    let grid = sky(16);
    let made = |psf: ObservationPsf, recipe: Recipe, direction: SkyDirection| {
        let number = |name, value: f64| Parameter::new(name, value).unwrap();
        let parameters =
            vec![number("Normalization", 1.0), number("RA", direction.ra()), number("DEC", direction.dec())];
        let wide = source(SpatialModel::new(SpatialKind::Profile, parameters, Some("wide.txt".into())).unwrap());
        let mut options = SourceMapOptions::default();
        options.recipe = recipe;
        let response = Response { psf, ..response(0) };
        let builder = SourceMapBuilder::new(&grid, &axis(), 0, response, options).unwrap();
        builder.source_map(&wide, &Wide).unwrap()
    };
    // Far enough from the equator that no part of the emission comes from the other side. The middle of the map lies in the south.
    for (declination, factor) in [(60.0, 1.0), (-60.0, 2.0)] {
        let direction = SkyDirection::new(120.0, declination).unwrap();
        let computed = || ObservationPsf::Computed(Arc::new(North(table(1.0), table(2.0))));
        let pixel = grid.pixel(&direction).unwrap();
        let peak = |map: &SourceMap| map.planes()[[0, 0, pixel]];
        let (found, tools) =
            (made(computed(), Recipe::accurate(), direction), made(computed(), Recipe::fermitools(), direction));
        assert_eq!(peak(&found), peak(&made(table(factor).into(), Recipe::accurate(), direction)));
        assert_eq!(peak(&tools), peak(&made(table(2.0).into(), Recipe::fermitools(), direction)));
    }
}

#[test]
fn the_tools_of_pass_7_had_no_healpix_maps() {
    let mut options = SourceMapOptions::default();
    options.recipe = Recipe::science_tools();
    let error = SourceMapBuilder::new(&sky(16), &axis(), 0, response(0), options).err().unwrap();
    assert!(error.to_string().contains("HEALPix"), "{error}");
}
