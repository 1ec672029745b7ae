//! What physics demands of source maps, on made-up responses.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::f64::consts::PI;
use std::sync::Arc;

use lat_response::{
    DIFFUSE_TOGETHER, Error, Exposure, ExposureLookup, Frame, ObservationPsf, Psf, RadialProfile, Recipe, Response,
    SkyCube, SkyGrid, SkyPlanes, SourceMapBuilder, SourceMapOptions, TemplateFiles, WcsHeader, plane_energies,
};
use likelihood_core::{EnergyAxis, SourceMap};
use ndarray::{Array2, Axis};
use roi_model::{Parameter, SkyDirection, Source, SourceType, SpatialKind, SpatialModel, Spectrum};

/// Width of the Gaussian PSF at an energy in MeV, degrees.
fn sigma(energy: f64) -> f64 {
    0.4 * (energy / 1000.0).powf(-0.5)
}

fn axis(n_bins: u32) -> EnergyAxis {
    EnergyAxis::new((0..=n_bins).map(|k| 1000.0 * 1.3f64.powf(k.into())).collect()).unwrap()
}

fn gaussian(theta: f64, sigma: f64) -> f64 {
    (-0.5 * (theta / sigma).powi(2)).exp() / (2.0 * PI * sigma.to_radians().powi(2))
}

/// The same exposure everywhere, 1e11 cm^2 s times plane number + 1, and a Gaussian PSF.
fn response(axis: &EnergyAxis, extra: usize) -> Response {
    let energies = plane_energies(axis, extra).unwrap();
    let n = energies.len();
    let sky = SkyGrid::wcs(WcsHeader::centered([72, 36], 5.0, Frame::Celestial, "CAR", [0.0, 0.0])).unwrap();
    let planes = Array2::from_shape_fn((n, 72 * 36), |(k, _)| 1e11 * (k + 1) as f32);
    let cube = SkyCube::new("exposure", sky, energies.clone(), planes).unwrap();
    let thetas: Vec<f64> = (0..600).map(|i| 5e-5 * f64::from(i * i)).collect();
    let values = Array2::from_shape_fn((n, 600), |(k, t)| gaussian(thetas[t], sigma(energies[k])));
    Response {
        exposure: Exposure::new(cube, ExposureLookup::Fermitools).unwrap(),
        psf: Psf::new(energies, thetas, values).unwrap().into(),
    }
}

fn counts(size: [usize; 2], projection: &str, frame: Frame) -> SkyGrid {
    let center = match frame {
        Frame::Celestial => [83.6, 22.0],
        Frame::Galactic => {
            let (l, b) = SkyDirection::new(83.6, 22.0).unwrap().to_galactic();
            [l, b]
        }
    };
    SkyGrid::wcs(WcsHeader::centered(size, 0.1, frame, projection, center)).unwrap()
}

fn builder(grid: &SkyGrid, axis: &EnergyAxis, extra: usize, options: SourceMapOptions) -> SourceMapBuilder {
    SourceMapBuilder::new(grid, axis, extra, response(axis, extra), options).unwrap()
}

fn accurate() -> SourceMapOptions {
    let mut options = SourceMapOptions::default();
    options.recipe = Recipe::accurate();
    options
}

fn center() -> SkyDirection {
    SkyDirection::new(83.6, 22.0).unwrap()
}

fn source(name: &str, spatial: SpatialModel) -> Source {
    let kind = if spatial.is_point() { SourceType::Point } else { SourceType::Diffuse };
    Source::new(name, kind, Spectrum::with_defaults("PowerLaw").unwrap(), spatial).unwrap()
}

fn point(direction: SkyDirection) -> Source {
    source("point", SpatialModel::point(direction).unwrap())
}

fn sums(map: &SourceMap) -> Vec<f64> {
    map.planes().axis_iter(Axis(0)).map(|plane| plane.iter().copied().map(f64::from).sum()).collect()
}

/// Largest difference of two planes in units of the peak of the second.
fn difference(a: &SourceMap, b: &SourceMap, plane: usize) -> f32 {
    let (a, b) = (a.planes().index_axis(Axis(0), plane), b.planes().index_axis(Axis(0), plane));
    let peak = b.iter().fold(0.0f32, |most, v| most.max(*v));
    a.iter().zip(&b).fold(0.0f32, |most, (a, b)| most.max((a - b).abs())) / peak
}

/// Fraction of a Gaussian of unit sigma within `reach` of its centre along one axis (Simpson's rule).
fn within(reach: f64) -> f64 {
    let step = reach / 500.0;
    let density = |i: u32| (-0.5 * (f64::from(i) * step).powi(2)).exp() / (2.0 * PI).sqrt();
    let weight = |i: u32| {
        if i == 0 || i == 500 {
            1.0
        } else if i % 2 == 1 {
            4.0
        } else {
            2.0
        }
    };
    2.0 * (0..=500).map(|i| weight(i) * density(i)).sum::<f64>() * step / 3.0
}

/// Maps by name: one the other's double, a single bright pixel, and the table of a Gaussian of half a degree.
struct Files;

impl TemplateFiles for Files {
    fn map(&self, file: &str) -> lat_response::Result<Arc<dyn SkyPlanes>> {
        let grid = counts([41, 41], "ZEA", Frame::Celestial);
        let value = |pixel: usize| match file {
            "once" => 1.0 + (pixel % 41) as f32,
            "twice" => 2.0 + 2.0 * (pixel % 41) as f32,
            "pixel" if pixel == 41 * 20 + 20 => 1.0,
            _ => 0.0,
        };
        let planes = Array2::from_shape_fn((1, grid.n_pixels()), |(_, pixel)| value(pixel));
        Ok(Arc::new(SkyCube::new(file, grid, vec![1.0], planes)?))
    }

    fn profile(&self, _: &str) -> lat_response::Result<RadialProfile> {
        let thetas: Vec<f64> = (0..400).map(|i| 0.01 * f64::from(i)).collect();
        let values = thetas.iter().map(|&theta| gaussian(theta, 0.5)).collect();
        RadialProfile::new("gaussian", thetas, values)
    }
}

fn map_source(file: &str) -> Source {
    source(file, SpatialModel::map(file).unwrap())
}

#[test]
fn the_total_of_a_central_source_is_exposure_times_the_contained_fraction() {
    let axis = axis(12);
    for options in [SourceMapOptions::default(), accurate()] {
        let builder = builder(&counts([20, 20], "AIT", Frame::Celestial), &axis, 0, options);
        let map = builder.source_map(&point(center()), &()).unwrap();
        for (k, (sum, energy)) in sums(&map).into_iter().zip(axis.edges()).enumerate() {
            let expected = 1e11 * (k + 1) as f64 * within(1.0 / sigma(*energy)).powi(2);
            approx::assert_relative_eq!(sum, expected, max_relative = 1e-3);
        }
    }
}

#[test]
fn a_source_off_the_pixel_centres_loses_nothing_either() {
    let axis = axis(10);
    let builder = builder(&counts([41, 41], "STG", Frame::Galactic), &axis, 0, accurate());
    for (dra, ddec) in [(0.013, 0.021), (0.3, -0.44), (-0.05, 0.05)] {
        let map = builder.source_map(&point(SkyDirection::new(83.6 + dra, 22.0 + ddec).unwrap()), &()).unwrap();
        for (k, sum) in sums(&map).into_iter().enumerate().skip(4) {
            approx::assert_relative_eq!(sum, 1e11 * (k + 1) as f64, max_relative = 3e-4);
        }
    }
}

#[test]
fn maps_are_linear_in_the_template() {
    let builder = builder(&counts([30, 24], "ZEA", Frame::Celestial), &axis(4), 0, SourceMapOptions::default());
    let maps = builder.build_all(&[&map_source("once"), &map_source("twice")], &Files, &|_| ()).unwrap();
    for (once, twice) in maps[0].planes().iter().zip(maps[1].planes()) {
        approx::assert_relative_eq!(2.0 * once, *twice, max_relative = 1e-6);
    }
    assert!(sums(&maps[0]).iter().all(|sum| *sum > 0.0));
}

#[test]
fn a_region_may_be_turned() {
    let axis = axis(10);
    let disk = source("disk", SpatialModel::disk(center(), 0.4).unwrap());
    let iso = source("iso", SpatialModel::isotropic().unwrap());
    let mut all = Vec::new();
    for (projection, frame) in [("ZEA", Frame::Celestial), ("ZEA", Frame::Galactic), ("STG", Frame::Galactic)] {
        let builder = builder(&counts([30, 30], projection, frame), &axis, 0, SourceMapOptions::default());
        let maps = builder.build_all(&[&point(center()), &disk, &iso], &(), &|_| ()).unwrap();
        all.push(maps.iter().map(sums).collect::<Vec<_>>());
    }
    for other in &all[1..] {
        for (first, other) in all[0].iter().flatten().zip(other.iter().flatten()) {
            approx::assert_relative_eq!(first, other, max_relative = 5e-4);
        }
    }
}

#[test]
fn an_isotropic_map_is_exposure_times_solid_angle_up_to_the_edge() {
    let axis = axis(6);
    let grid = counts([30, 17], "AIT", Frame::Galactic);
    let SkyGrid::Wcs(pixels) = &grid else { unreachable!() };
    // The images end where 0.1 % of the PSF, or 0.01 %, is left.
    for (options, tolerance) in [(SourceMapOptions::default(), 1e-4), (accurate(), 1e-5)] {
        let builder = builder(&grid, &axis, 0, options);
        let map = builder.source_map(&source("iso", SpatialModel::isotropic().unwrap()), &()).unwrap();
        for ((k, y, x), value) in map.planes().indexed_iter() {
            let expected = 1e11 * (k + 1) as f64 * pixels.solid_angle(y * 30 + x);
            approx::assert_relative_eq!(f64::from(*value), expected, max_relative = tolerance);
        }
    }
}

#[test]
fn a_single_bright_pixel_becomes_the_psf() {
    let axis = axis(3);
    let grid = counts([41, 41], "ZEA", Frame::Celestial);
    let mut options = accurate();
    options.resample_factor = 1;
    let map = builder(&grid, &axis, 0, options).source_map(&map_source("pixel"), &Files).unwrap();
    let SkyGrid::Wcs(pixels) = &grid else { unreachable!() };
    let middle = pixels.direction_of(41 * 20 + 20).unwrap();
    for (k, energy) in axis.edges().iter().enumerate() {
        let of = |y: usize, x: usize| f64::from(map.planes()[[k, y, x]]);
        for (y, x) in [(20, 20), (20, 25), (15, 20), (26, 27)] {
            let theta = pixels.direction_of(y * 41 + x).unwrap().separation(&middle);
            let expected = gaussian(theta, sigma(*energy)) / gaussian(0.0, sigma(*energy));
            approx::assert_relative_eq!(of(y, x) / of(20, 20), expected, max_relative = 1e-3);
        }
        // The template's integral is the solid angle of its pixel.
        let total = 1e11 * (k + 1) as f64 * pixels.solid_angle(0);
        approx::assert_relative_eq!(sums(&map)[k], total, max_relative = 1e-3);
    }
}

#[test]
fn a_tiny_disk_is_a_point() {
    let direction = SkyDirection::new(83.71, 22.13).unwrap();
    let builder = builder(&counts([40, 40], "AIT", Frame::Celestial), &axis(10), 0, accurate());
    let disk = source("disk", SpatialModel::disk(direction, 0.002).unwrap());
    let maps = builder.build_all(&[&disk, &point(direction)], &(), &|_| ()).unwrap();
    for plane in 0..11 {
        assert!(difference(&maps[0], &maps[1], plane) < 1e-3, "plane {plane}");
    }
}

#[test]
fn the_radial_integral_and_the_image_of_a_gaussian_agree() {
    let axis = axis(8);
    let builder = builder(&counts([50, 50], "ZEA", Frame::Celestial), &axis, 0, SourceMapOptions::default());
    let gaussian = source("gaussian", SpatialModel::gaussian(center(), 0.5).unwrap());
    let parameters = vec![
        Parameter::new("Normalization", 1.0).unwrap(),
        Parameter::new("RA", 83.6).unwrap(),
        Parameter::new("DEC", 22.0).unwrap(),
    ];
    let profile = source("profile", SpatialModel::new(SpatialKind::Profile, parameters, Some("g".into())).unwrap());
    let maps = builder.build_all(&[&gaussian, &profile], &Files, &|_| ()).unwrap();
    for plane in 0..9 {
        assert!(difference(&maps[0], &maps[1], plane) < 1e-3, "plane {plane}");
    }
}

#[test]
fn maps_do_not_depend_on_the_number_of_threads() {
    let grid = counts([31, 24], "AIT", Frame::Galactic);
    let axis = axis(11);
    let sources = [
        point(center()),
        point(SkyDirection::new(84.3, 21.5).unwrap()),
        source("disk", SpatialModel::disk(center(), 0.7).unwrap()),
        source("iso", SpatialModel::isotropic().unwrap()),
        map_source("once"),
    ];
    let sources: Vec<&Source> = sources.iter().collect();
    for options in [SourceMapOptions::default(), accurate()] {
        let build = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| builder(&grid, &axis, 1, options.clone()).build_all(&sources, &Files, &|_| ()).unwrap())
        };
        let one = build(1);
        assert_eq!(one, build(2));
        assert_eq!(one, build(4));
    }
}

#[test]
fn sources_without_energy_dispersion_exposure_or_psf_are_obeyed() {
    let axis = axis(10);
    let builder = builder(&counts([20, 20], "AIT", Frame::Celestial), &axis, 2, SourceMapOptions::default());
    assert_eq!(builder.energies().len(), 15);
    approx::assert_relative_eq!(builder.energies()[0], 1000.0 / 1.69, max_relative = 1e-12);
    let mut plain = point(center());
    let full = builder.source_map(&plain, &()).unwrap();
    plain.set_apply_edisp(false);
    let short = builder.source_map(&plain, &()).unwrap();
    assert_eq!(short.planes(), &full.at_edges(11, 20, 20).unwrap());
    plain.set_apply_psf(false);
    let unconvolved = builder.source_map(&plain, &()).unwrap();
    assert_eq!(sums(&unconvolved)[0], f64::from(3e11f32));
    plain.set_apply_exposure(false);
    assert_eq!(sums(&builder.source_map(&plain, &()).unwrap()), [1.0; 11]);
}

/// Diffuse sources that are made together, some with and some without the planes for energy dispersion.
#[test]
fn a_diffuse_source_without_energy_dispersion_has_the_planes_at_the_edges() {
    let builder = builder(&counts([20, 18], "AIT", Frame::Celestial), &axis(10), 2, SourceMapOptions::default());
    let with = source("iso", SpatialModel::isotropic().unwrap());
    let mut without = with.clone();
    without.set_apply_edisp(false);
    let maps = builder.build_all(&[&without, &with, &without], &(), &|_| ()).unwrap();
    assert_eq!(maps[1].n_planes(), 15);
    for short in [&maps[0], &maps[2], &builder.source_map(&without, &()).unwrap()] {
        assert_eq!(short.planes(), &maps[1].at_edges(11, 18, 20).unwrap());
    }
}

#[test]
fn without_convolution_and_resampling_templates_are_taken_at_the_pixels_centres() {
    // Pixels twice as large as the template's, whose bright pixel lies in the middle of one.
    let grid = SkyGrid::wcs(WcsHeader::centered([11, 11], 0.2, Frame::Celestial, "ZEA", [83.6, 22.0])).unwrap();
    let solid_angle = grid.solid_angle(60);
    let build = |convolve: bool, resample: bool| {
        let mut options = SourceMapOptions::default();
        (options.convolve, options.resample) = (convolve, resample);
        builder(&grid, &axis(4), 0, options)
    };
    let plain = build(false, false);
    let map = plain.source_map(&map_source("pixel"), &Files).unwrap();
    for ((k, y, x), value) in map.planes().indexed_iter() {
        let expected = if (y, x) == (5, 5) { 1e11 * (k + 1) as f64 * solid_angle } else { 0.0 };
        approx::assert_relative_eq!(f64::from(*value), expected, max_relative = 1e-6);
    }
    let map = plain.source_map(&point(center()), &()).unwrap();
    assert_eq!((sums(&map)[1], map.planes()[[1, 5, 5]]), (f64::from(2e11f32), 2e11f32));
    let disk = source("disk", SpatialModel::disk(center(), 0.7).unwrap());
    let message = plain.source_map(&disk, &()).unwrap_err().to_string();
    assert!(message.contains("'disk'") && message.contains("gtlike.convolve"), "{message}");
    // On finer pixels the bright one is a pyramid, a quarter of its height at the four points around its middle.
    let fine = build(false, true).source_map(&map_source("pixel"), &Files).unwrap();
    approx::assert_relative_eq!(f64::from(fine.planes()[[0, 5, 5]]), 0.25e11 * solid_angle, max_relative = 1e-5);
    // With the PSF the bright pixel of 0.2 deg is spread, and nothing is lost.
    let spread = build(true, false).source_map(&map_source("pixel"), &Files).unwrap();
    assert!(f64::from(spread.planes()[[0, 5, 5]]) < 0.1 * 1e11 * solid_angle);
    approx::assert_relative_eq!(
        sums(&spread)[4],
        5e11 * solid_angle * within(1.1 / sigma(axis(4).edges()[4])).powi(2),
        max_relative = 1e-3
    );
}

#[test]
fn a_composite_source_is_the_sum_of_its_members_times_their_spectra() {
    let grid = counts([20, 20], "AIT", Frame::Celestial);
    let builder = builder(&grid, &axis(8), 2, SourceMapOptions::default());
    let mut members = [point(center()), source("iso", SpatialModel::isotropic().unwrap())];
    members[0].spectrum_mut().parameter_mut("Prefactor").unwrap().set_value(3.0).unwrap();
    members[1].spectrum_mut().parameter_mut("Index").unwrap().set_value(-2.7).unwrap();
    let mut both =
        Source::composite("both", Spectrum::with_defaults("ConstantValue").unwrap(), members.to_vec()).unwrap();
    let told = std::sync::Mutex::new(Vec::new());
    let disk = source("disk", SpatialModel::disk(center(), 0.5).unwrap());
    let maps = builder.build_all(&[&disk, &both], &(), &|name| told.lock().unwrap().push(name.to_owned())).unwrap();
    let mut told = told.into_inner().unwrap();
    told.sort_unstable();
    assert_eq!(told, ["both", "disk"]);
    assert_eq!(maps[0], builder.source_map(&disk, &()).unwrap());
    let parts = builder.build_all(&[&members[0], &members[1]], &(), &|_| ()).unwrap();
    for (plane, energy) in builder.energies().iter().enumerate() {
        let [a, b] = [0, 1].map(|i| members[i].spectrum().dnde(*energy).unwrap());
        let planes = [&maps[1], &parts[0], &parts[1]].map(|map| map.planes().index_axis(Axis(0), plane));
        for ((found, point), iso) in planes[0].iter().zip(&planes[1]).zip(&planes[2]) {
            let expected = a * f64::from(*point) + b * f64::from(*iso);
            approx::assert_relative_eq!(f64::from(*found), expected, max_relative = 1e-6);
        }
    }
    let all = maps[1].clone();
    both.set_apply_edisp(false);
    let inner = builder.source_map(&both, &()).unwrap();
    assert_eq!(inner.planes(), all.planes().slice_axis(Axis(0), (2..11).into()));
    let lost = vec![map_source("lost.fits")];
    let lost = Source::composite("lost", Spectrum::with_defaults("ConstantValue").unwrap(), lost).unwrap();
    assert!(builder.source_map(&lost, &()).unwrap_err().to_string().contains("lost.fits"));
}

/// A PSF table for each of two positions: the nearer one is taken.
#[test]
fn of_several_psf_tables_the_nearest_counts() {
    let axis = axis(3);
    let table = |factor: f64| {
        let thetas: Vec<f64> = (0..600).map(|i| 5e-5 * f64::from(i * i)).collect();
        let values = Array2::from_shape_fn((4, 600), |(k, t)| gaussian(thetas[t], factor * sigma(axis.edges()[k])));
        Psf::new(axis.edges().to_vec(), thetas, values).unwrap()
    };
    let at = |dec: f64| SkyDirection::new(83.6, dec).unwrap();
    let grid = counts([41, 41], "ZEA", Frame::Celestial);
    let made = |psf: ObservationPsf, dec: f64| {
        let response = Response { psf, ..response(&axis, 0) };
        let builder = SourceMapBuilder::new(&grid, &axis, 0, response, SourceMapOptions::default())?;
        builder.source_map(&point(at(dec)), &())
    };
    let several = ObservationPsf::Nearest(vec![(at(20.0), table(1.0)), (at(24.0), table(2.0))]);
    for (dec, factor) in [(21.5, 1.0), (22.5, 2.0)] {
        assert_eq!(made(several.clone(), dec).unwrap(), made(table(factor).into(), dec).unwrap());
    }
    assert!(matches!(made(ObservationPsf::Nearest(Vec::new()), 22.0), Err(Error::Shape { .. })));
}

#[test]
fn what_cannot_be_made_is_named() {
    let grid = counts([20, 20], "AIT", Frame::Celestial);
    let missing = SourceMapBuilder::new(&grid, &axis(3), 1, response(&axis(3), 0), SourceMapOptions::default());
    assert!(matches!(missing.err(), Some(Error::Energy { .. })));
    let builder = builder(&grid, &axis(3), 0, SourceMapOptions::default());
    let message = builder.source_map(&map_source("lost.fits"), &()).unwrap_err().to_string();
    assert!(message.contains("lost.fits"), "{message}");
}

#[test]
fn maps_are_given_away_in_order_before_many_are_made() {
    let builder = builder(&counts([14, 14], "CAR", Frame::Celestial), &axis(3), 0, SourceMapOptions::default());
    let named = |name: String, spatial: SpatialModel| source(&name, spatial);
    let mut all: Vec<Source> =
        (0..12).map(|i| named(format!("point {i}"), SpatialModel::point(center()).unwrap())).collect();
    for place in [0, 4, 5, 6, 9, 11, 12, 13, 14] {
        all.insert(place, named(format!("diffuse {place}"), SpatialModel::isotropic().unwrap()));
    }
    let sources: Vec<&Source> = all.iter().collect();
    let expected = builder.build_all(&sources, &(), &|_| ()).unwrap();
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (made, mut taken) = (std::sync::atomic::AtomicUsize::new(0), Vec::new());
        let count = |_: &str| {
            made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        };
        pool.install(|| {
            builder.build_each(&sources, &(), &count, |index, map| {
                assert_eq!(index, taken.len());
                let waiting = made.load(std::sync::atomic::Ordering::Relaxed) - taken.len();
                assert!(waiting <= threads.max(1) - 1 + DIFFUSE_TOGETHER, "{waiting} maps are alive");
                taken.push(map);
                Ok::<_, Error>(())
            })
        })
        .unwrap();
        assert!(taken == expected);
    }
    // Whoever takes the maps may refuse one.
    let refuse = |index, _| {
        if index == 2 { Err(Error::Unsupported { what: "no".into(), remedy: "yes".into() }) } else { Ok(()) }
    };
    assert!(builder.build_each(&sources, &(), &|_| (), refuse).unwrap_err().to_string().contains("no"));
}
