//! Maps of sources that are moved and made wider: the ordinary maps, and their derivatives by finite differences.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::f64::consts::PI;

use lat_response::{
    Exposure, Frame, HealpixGrid, HealpixOrdering, Psf, PsfCorrection, PsfScale, Recipe, Response, SkyCube, SkyGrid,
    SourceMapBuilder, SourceMapOptions, TrialMap, WcsHeader,
};
use likelihood_core::{EnergyAxis, SourceMap};
use ndarray::{Array2, Axis};
use roi_model::{SkyDirection, Source, SourceType, SpatialModel, Spectrum};

/// King's function of a width that falls with the energy, 1/sr.
fn king(theta: f64, energy: f64) -> f64 {
    let (sigma, gamma): (f64, f64) = (0.3 * (energy / 1000.0).powf(-0.7), 2.5);
    let width = 2.0 * gamma * sigma.to_radians().powi(2);
    (gamma - 1.0) / (PI * width) * (1.0 + theta.to_radians().powi(2) / width).powf(-gamma)
}

/// An exposure that differs over the sky by a third.
fn builder(grid: &SkyGrid, recipe: Recipe) -> SourceMapBuilder {
    builder_of(grid, recipe, king)
}

/// The same with another PSF, 1/sr at a separation and an energy.
fn builder_of(grid: &SkyGrid, recipe: Recipe, psf: impl Fn(f64, f64) -> f64) -> SourceMapBuilder {
    let axis = EnergyAxis::new((0..=10).map(|k| 300.0 * 1.6f64.powi(k)).collect()).unwrap();
    let energies = axis.edges().to_vec();
    let sky = SkyGrid::wcs(WcsHeader::centered([72, 36], 5.0, Frame::Celestial, "CAR", [0.0, 0.0])).unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "maps are stored in single precision")]
    let planes = Array2::from_shape_fn((energies.len(), 72 * 36), |(k, pixel)| {
        (1e11 * (k + 1) as f64 * (1.0 + 0.3 * (0.1 * pixel as f64).sin())) as f32
    });
    let cube = SkyCube::new("exposure", sky, energies.clone(), planes).unwrap();
    let thetas: Vec<f64> = (0..600).map(|i| 5e-5 * f64::from(i * i)).collect();
    let values = Array2::from_shape_fn((energies.len(), 600), |(k, t)| psf(thetas[t], energies[k]));
    let response = Response {
        exposure: Exposure::new(cube, recipe.exposure_lookup).unwrap(),
        psf: Psf::new(energies, thetas, values).unwrap().into(),
    };
    let mut options = SourceMapOptions::default();
    options.recipe = recipe;
    SourceMapBuilder::new(grid, &axis, 0, response, options).unwrap()
}

fn grids() -> Vec<(&'static str, SkyGrid)> {
    let image = |projection, frame, center| {
        SkyGrid::wcs(WcsHeader::centered([50, 40], 0.1, frame, projection, center)).unwrap()
    };
    let disk = HealpixGrid::new(256, HealpixOrdering::Ring, Frame::Galactic).unwrap().disk(&place(), 4.0).unwrap();
    let (l, b) = place().to_galactic();
    vec![
        ("AIT", image("AIT", Frame::Celestial, [83.6, 22.0])),
        ("CAR", image("CAR", Frame::Galactic, [l - 0.4, b])),
        ("HEALPix", SkyGrid::Healpix(disk)),
    ]
}

fn place() -> SkyDirection {
    SkyDirection::new(83.633, 22.014).unwrap()
}

/// A point, a disk, a Gaussian.
fn shapes() -> [(&'static str, Option<f64>); 3] {
    [("point", None), ("disk", Some(0.3)), ("Gaussian", Some(0.2))]
}

fn source(shape: &str, place: SkyDirection, width: f64) -> Source {
    let spatial = match shape {
        "point" => SpatialModel::point(place),
        "disk" => SpatialModel::disk(place, width),
        _ => SpatialModel::gaussian(place, width),
    };
    let kind = if shape == "point" { SourceType::Point } else { SourceType::Diffuse };
    Source::new(shape, kind, Spectrum::with_defaults("PowerLaw").unwrap(), spatial.unwrap()).unwrap()
}

/// The difference of a derivative to half the difference of two maps over a step, for each plane: norm of the difference over norm.
fn differences(slope: &SourceMap, [less, more]: &[SourceMap; 2], step: f64) -> Vec<f64> {
    let plane = |k: usize| {
        let [s, a, b] = [slope, less, more].map(|map| map.planes().index_axis(Axis(0), k).to_owned());
        let (mut wrong, mut all) = (0.0, 0.0);
        for ((s, a), b) in s.iter().zip(&a).zip(&b) {
            let (s, found) = (f64::from(*s), (f64::from(*b) - f64::from(*a)) / (2.0 * step));
            wrong += (s - found).powi(2);
            all += s * s;
        }
        f64::sqrt(wrong / all)
    };
    (0..slope.n_planes()).map(plane).collect()
}

#[test]
fn the_map_of_a_trial_is_the_ordinary_map_bit_for_bit() {
    for recipe in [Recipe::fermitools(), Recipe::accurate()] {
        for (name, grid) in grids() {
            let builder = builder(&grid, recipe);
            for (shape, width) in shapes() {
                let source = source(shape, place(), width.unwrap_or(0.0));
                let TrialMap { map, width: slope, .. } = builder.trial(&source).unwrap();
                assert_eq!(map, builder.source_map(&source, &()).unwrap(), "{name} {shape}");
                assert_eq!(slope.is_some(), width.is_some());
            }
        }
    }
}

#[test]
fn the_derivatives_are_those_of_the_maps() {
    let step = 4e-3;
    for mut recipe in [Recipe::fermitools(), Recipe::accurate()] {
        // It changes by jumps where a pixel comes within the nearest boundary.
        recipe.psf_correction = PsfCorrection::Never;
        for (name, grid) in grids() {
            let builder = builder(&grid, recipe);
            for (shape, width) in shapes() {
                let width = width.unwrap_or(0.0);
                let trial = builder.trial(&source(shape, place(), width)).unwrap();
                let at = |east: f64, north: f64, more: f64| {
                    let moved = place().moved(east, north).unwrap();
                    builder.source_map(&source(shape, moved, width + more), &()).unwrap()
                };
                let across =
                    |east: f64, north: f64, more: f64| [-step, step].map(|h| at(h * east, h * north, h * more));
                let mut found = vec![("east", differences(&trial.east, &across(1.0, 0.0, 0.0), step))];
                found.push(("north", differences(&trial.north, &across(0.0, 1.0, 0.0), step)));
                if let Some(slope) = &trial.width {
                    found.push(("width", differences(slope, &across(0.0, 0.0, 1.0), step)));
                }
                for (what, found) in found {
                    let text: Vec<String> = found.iter().map(|x| format!("{x:.1e}")).collect();
                    println!("{:?} {name} {shape} {what}: {}", recipe.point_pixels, text.join(" "));
                    // A pixel that is summed over another grid on one side of the step changes by up to 1e-3 of itself.
                    let mut sorted = found.clone();
                    sorted.sort_by(f64::total_cmp);
                    let (median, largest) = (sorted[sorted.len() / 2], sorted[sorted.len() - 1]);
                    assert!(median < 0.01 && largest < 0.06, "{name} {shape} {what}: {median} {largest}");
                }
            }
        }
    }
}

#[test]
fn what_has_neither_place_nor_width_is_refused_with_its_name() {
    let builder = builder(&grids()[0].1, Recipe::fermitools());
    let spatial = SpatialModel::isotropic().unwrap();
    let isotropic = Source::new("iso", SourceType::Diffuse, Spectrum::with_defaults("PowerLaw").unwrap(), spatial);
    let told = builder.trial(&isotropic.unwrap()).unwrap_err().to_string();
    assert!(told.contains("'iso'") && told.contains("ConstantValue"), "{told}");
    let mut bare = source("point", place(), 0.0);
    bare.set_apply_psf(false);
    assert!(builder.trial(&bare).unwrap_err().to_string().contains("PSF"));
}

/// King's function over the energies of a builder, `factor` times as wide: of the same integral on the flat sky.
fn kings(factor: impl Fn(f64) -> f64) -> impl Fn(f64, f64) -> f64 {
    move |theta, energy| king(theta / factor(energy), energy) / factor(energy).powi(2)
}

#[test]
fn a_scaled_psf_is_that_of_tables_that_are_wider_by_the_factor_at_each_energy() {
    let scale = PsfScale::new(vec![2.8, 3.4], vec![-0.2, 0.3]).unwrap();
    // Straight lines over the logarithm of the energy, level outside: by hand.
    let factor = |energy: f64| 0.8 + 0.5 * ((energy.log10() - 2.8) / 0.6).clamp(0.0, 1.0);
    for recipe in [Recipe::fermitools(), Recipe::accurate()] {
        for (name, grid) in grids() {
            let tables = builder(&grid, recipe);
            let (scaled, wider) = (tables.with_psf_scale(&scale).unwrap(), builder_of(&grid, recipe, kings(factor)));
            for (shape, width) in shapes() {
                let source = source(shape, place(), width.unwrap_or(0.0));
                let [own, expected, unscaled] =
                    [&scaled, &wider, &tables].map(|builder| builder.source_map(&source, &()).unwrap());
                let peak =
                    |map: &SourceMap, k: usize| map.planes().index_axis(Axis(0), k).iter().copied().fold(0.0, f32::max);
                let far = |a: &SourceMap, k: usize| {
                    let planes = [a, &expected].map(|map| map.planes().index_axis(Axis(0), k).to_owned());
                    let pairs = planes[0].iter().zip(&planes[1]).map(|(a, b)| (a - b).abs());
                    pairs.fold(0.0, f32::max) / peak(&expected, k)
                };
                for k in 0..own.n_planes() {
                    assert!(far(&own, k) < 2e-3, "{name} {shape} plane {k}: {}", far(&own, k));
                }
                assert!(far(&unscaled, 0) > 0.02 && far(&unscaled, 10) > 0.02, "{name} {shape}");
                // The map of a trial is the same, with its derivatives.
                assert_eq!(scaled.trial(&source).unwrap().map, own, "{name} {shape}");
            }
        }
    }
}

#[test]
fn a_psf_scaled_by_nothing_is_the_same_bit_for_bit() {
    let tables = builder(&grids()[0].1, Recipe::fermitools());
    let scaled = tables.with_psf_scale(&PsfScale::new(vec![3.0], vec![0.0]).unwrap()).unwrap();
    for (shape, width) in shapes() {
        let source = source(shape, place(), width.unwrap_or(0.0));
        assert_eq!(scaled.source_map(&source, &()).unwrap(), tables.source_map(&source, &()).unwrap());
    }
}

#[test]
fn scales_that_cannot_be_are_refused() {
    for (loge, fractions) in [
        (vec![], vec![]),
        (vec![3.0, 4.0], vec![0.1]),
        (vec![4.0, 3.0], vec![0.1, 0.1]),
        (vec![3.0, 3.0], vec![0.1, 0.1]),
        (vec![3.0, f64::NAN], vec![0.1, 0.1]),
        (vec![3.0, f64::INFINITY], vec![0.1, 0.1]),
        (vec![3.0], vec![-1.0]),
        (vec![3.0], vec![f64::NAN]),
        (vec![3.0], vec![1e9]),
    ] {
        assert!(PsfScale::new(loge.clone(), fractions.clone()).is_err(), "{loge:?} {fractions:?}");
    }
}
