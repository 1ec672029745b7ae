//! Data whose counts were exchanged are the data that are made of those counts and the maps.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use likelihood_core::{
    ComponentData, CountsCube, Data, DetectorResponse, Dispersion, EnergyAxis, Error, LikelihoodWeights, Settings,
    SourceMap, Workspace,
};
use ndarray::{Array2, Array3};
use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};

const N: usize = 48;
const BINS: usize = 5;

fn power_law(name: &str, free: [bool; 2]) -> Source {
    let parameters = vec![
        Parameter::new("Prefactor", 2.0).unwrap().with_scale(1e-3).unwrap().with_bounds(0.0, 100.0).unwrap(),
        Parameter::new("Index", 2.0).unwrap().with_scale(-1.0).unwrap().with_bounds(0.0, 5.0).unwrap(),
        Parameter::new("Scale", 1000.0).unwrap(),
    ];
    let mut spectrum = Spectrum::new("PowerLaw", parameters).unwrap();
    for (parameter, free) in spectrum.parameters_mut().iter_mut().zip(free) {
        parameter.set_free(free);
    }
    let place = SpatialModel::point(SkyDirection::new(83.0, 22.0).unwrap()).unwrap();
    Source::new(name, SourceType::Point, spectrum, place).unwrap()
}

/// A fixed source, one whose norm is free, one whose shape is free, too.
fn region() -> Roi {
    let sources = vec![power_law("a", [false; 2]), power_law("b", [true, false]), power_law("c", [true; 2])];
    Roi::new(SkyDirection::new(83.0, 22.0).unwrap(), sources).unwrap()
}

fn axis() -> EnergyAxis {
    EnergyAxis::new((0..=BINS).map(|k| 100.0 * 2f64.powf(k as f64)).collect()).unwrap()
}

fn response() -> DetectorResponse {
    let fall = |(l, k): (usize, usize)| 0.6f64.powi(i32::try_from(l.abs_diff(k + 1)).unwrap()) * 0.4;
    DetectorResponse::new(Array2::from_shape_fn((BINS + 2, BINS), fall)).unwrap()
}

/// Counts whose filled bins depend on `seed`.
fn counts(seed: usize) -> CountsCube {
    let at = |(k, y, x): (usize, usize, usize)| {
        let n = (7 * k + 13 * y * y + 29 * x + seed * (3 * x + y)) % 7;
        u8::try_from(n.saturating_sub(3)).unwrap().into()
    };
    CountsCube::new(axis(), Array3::from_shape_fn((BINS, N, N), at)).unwrap()
}

/// Source `a` is everywhere, `b` in some rows, `c` not below the third edge.
fn map(name: &str, planes: usize) -> SourceMap {
    let at = |(k, y, x): (usize, usize, usize)| {
        let tilt = 2.0 + ((k + 2 * y + 3 * x) as f32).sin();
        let is_there = match name {
            "b" => (10..20).contains(&y),
            "c" => 2 * k + BINS + 1 >= planes + 4,
            _ => true,
        };
        if is_there { 1e3 * tilt } else { 0.0 }
    };
    SourceMap::new(Array3::from_shape_fn((planes, N, N), at)).unwrap()
}

fn component(cube: &CountsCube, settings: &Settings) -> ComponentData {
    let extra = settings.dispersion.as_ref().map_or(0, Dispersion::n_extra);
    let mut component = ComponentData::with_settings("00", cube, settings.clone()).unwrap();
    for name in ["a", "b", "c"] {
        component.add_source_map(name, &map(name, BINS + 1 + 2 * extra)).unwrap();
    }
    component
}

/// `logL`, its derivatives, predicted counts and sizes, as bits.
fn all_of(data: &Data) -> Vec<u64> {
    let roi = region();
    let mut work = Workspace::new(data, &roi, &[]).unwrap();
    let n = roi.free_parameters().len();
    let (mut gradient, mut hessian) = (vec![0.0; n], Array2::zeros((n, n)));
    let mut all = vec![data.hessian(&roi.free_values(), &mut work, &mut gradient, &mut hessian).unwrap()];
    all.extend(gradient.iter().chain(&hessian));
    for component in data.components() {
        all.extend(component.counts_spectrum().iter().chain(component.weighted_counts_spectrum()));
        all.push(component.n_filled() as f64);
    }
    for source in roi.sources() {
        all.extend([data.npred(source).unwrap(), data.weighted_npred(source).unwrap()]);
    }
    all.push(data.footprint().kept_maps as f64);
    all.into_iter().map(f64::to_bits).collect()
}

#[test]
fn exchanged_counts_give_the_bits_of_data_that_are_made_of_them() {
    let weights = Array3::from_shape_fn((BINS, N, N), |(k, y, x)| if (k + y + x) % 5 == 0 { 0.0 } else { 0.7 });
    let weights = Some(LikelihoodWeights::new(weights).unwrap());
    let window = Dispersion::from_bins(&response(), 1).unwrap();
    let rescaling = Dispersion::from_bins(&response(), -1).unwrap();
    let plain = Settings::default();
    let settings = [
        plain.clone(),
        plain.clone().with_weights(weights.clone()),
        plain.clone().with_dispersion(window.clone()),
        plain.clone().with_dispersion(rescaling).with_weights(weights),
    ];
    let ones = CountsCube::new(axis(), Array3::ones((BINS, N, N))).unwrap();
    for settings in settings {
        let everywhere = Data::new(vec![component(&ones, &settings), component(&ones, &plain)]).unwrap();
        let kept = all_of(&everywhere);
        for seed in [1, 2] {
            let cubes = [counts(seed), counts(seed + 5)];
            let made = Data::new(vec![component(&cubes[0], &settings), component(&cubes[1], &plain)]).unwrap();
            let exchanged = everywhere.with_counts(&cubes).unwrap();
            assert_eq!(all_of(&exchanged), all_of(&made), "{settings:?}");
        }
        assert_eq!(all_of(&everywhere), kept, "what counts were exchanged of is as it was");
    }
}

#[test]
fn a_range_of_energies_stays() {
    let ones = CountsCube::new(axis(), Array3::ones((BINS, N, N))).unwrap();
    let of = |cube: &CountsCube| Data::new(vec![component(cube, &Settings::default())]).unwrap();
    let part = of(&ones).within_energies(200.0, 800.0).unwrap().with_counts(&[counts(1)]).unwrap();
    assert_eq!(all_of(&part), all_of(&of(&counts(1)).within_energies(200.0, 800.0).unwrap()));
}

#[test]
fn counts_that_do_not_fit_are_refused_with_their_place() {
    let few = Data::new(vec![component(&counts(1), &Settings::default())]).unwrap();
    let hole = counts(1).counts().indexed_iter().find(|(_, n)| **n == 0.0).map(|(place, _)| place).unwrap();
    let mut more = counts(1).counts().clone();
    more[hole] = 1.0;
    let more = CountsCube::new(axis(), more).unwrap();
    let error = few.with_counts(&[more]).unwrap_err();
    assert!(matches!(error, Error::NoMapValues { energy, y, x, .. } if (energy, y, x) == hole), "{error}");
    assert!(matches!(few.with_counts(&[counts(1), counts(1)]), Err(Error::Shape { .. })));
    let small = CountsCube::new(axis(), Array3::zeros((BINS, N, 2))).unwrap();
    assert!(matches!(few.with_counts(&[small]), Err(Error::Shape { .. })));
}
