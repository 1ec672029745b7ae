//! Many callers evaluate the same data at once, each with a workspace of its own, and each gets what it would get alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]

use likelihood_core::{ComponentData, CountsCube, Data, EnergyAxis, Error, NormPoint, SourceMap, Workspace};
use ndarray::{Array2, Array3};
use rayon::prelude::*;
use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};

const NX: usize = 40;

fn power_law(name: &str, norm: f64, free: [bool; 2]) -> Source {
    let parameters = vec![
        Parameter::new("Prefactor", norm).unwrap().with_scale(1e-3).unwrap().with_bounds(0.0, 100.0).unwrap(),
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

/// Two fixed sources, one of which the norm is free, one of which the shape is free too.
fn region() -> Roi {
    let sources = vec![
        power_law("a", 2.0, [false, false]),
        power_law("b", 3.0, [true, false]),
        power_law("c", 1.0, [true, true]),
        power_law("d", 4.0, [false, false]),
    ];
    Roi::new(SkyDirection::new(83.0, 22.0).unwrap(), sources).unwrap()
}

fn map(number: usize) -> SourceMap {
    let at = |(k, y, x): (usize, usize, usize)| {
        let tilt = 1.0 + 0.5 * ((number + 1) as f64 * (k + 2 * y + 3 * x) as f64).sin();
        (1e3 * (1.0 + k as f64) * tilt) as f32
    };
    SourceMap::new(Array3::from_shape_fn((7, NX, NX), at)).unwrap()
}

fn data() -> Data {
    let component = |seed: usize| {
        let axis = EnergyAxis::new((0..7).map(|k| 100.0 * 2f64.powi(k)).collect()).unwrap();
        let counts = Array3::from_shape_fn((6, NX, NX), |(k, y, x)| ((7 * k + 13 * y + 29 * x + seed) % 4) as f32);
        let mut component = ComponentData::new(seed.to_string(), &CountsCube::new(axis, counts).unwrap());
        for (number, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
            component.add_source_map(name, &map(number + seed)).unwrap();
        }
        component
    };
    Data::new(vec![component(0), component(3)]).unwrap()
}

/// Everything that an evaluation says at the values of a trial.
fn trial(data: &Data, work: &mut Workspace, number: usize) -> Vec<u64> {
    let shift = number as f64 / 16.0;
    let values = [3.0 + shift, 1.0 + 0.1 * shift, 2.0 - 0.05 * shift];
    let (mut gradient, mut hessian) = ([0.0; 3], Array2::zeros((3, 3)));
    let mut all =
        vec![data.value(&values, work).unwrap(), data.hessian(&values, work, &mut gradient, &mut hessian).unwrap()];
    all.extend(gradient.iter().chain(&hessian));
    let point = |norm: f64| NormPoint { line: number % 2, norm, others: 1.0 };
    all.extend(data.norm_lines(&values, work).unwrap().values(&[point(0.0), point(2.5)]).unwrap());
    all.into_iter().map(f64::to_bits).collect()
}

#[test]
fn trials_side_by_side_have_the_bits_of_trials_one_after_the_other() {
    let (data, roi) = (data(), region());
    let mut own = Workspace::new(&data, &roi, &[]).unwrap();
    let serial: Vec<Vec<u64>> = (0..64).map(|number| trial(&data, &mut own, number)).collect();
    assert!(serial.windows(2).all(|pair| pair[0] != pair[1]), "every trial is another one");
    let alone = Workspace::on_one_thread(&data, &roi, &[]).unwrap();
    for threads in [1, 2, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        // Whether the blocks of a trial are dealt out to the threads too makes no difference.
        for work in [&own, &alone] {
            let all = |numbers: std::ops::Range<usize>| -> Vec<Vec<u64>> {
                let each = numbers.into_par_iter();
                each.map_init(|| work.clone(), |work, number| trial(&data, work, number)).collect()
            };
            assert_eq!(pool.install(|| all(0..64)), serial, "{threads} threads");
        }
    }
}

#[test]
fn regions_with_other_roles_are_evaluated_on_the_same_data_at_once() {
    let (data, roi) = (data(), region());
    let other = |number: usize| {
        let mut roi = roi.clone();
        for (index, source) in roi.sources_mut().iter_mut().enumerate() {
            source.spectrum_mut().parameters_mut()[0].set_free(number >> index & 1 == 1);
            source.spectrum_mut().parameters_mut()[1].set_free(false);
        }
        roi
    };
    let value = |work: &mut Workspace, number: usize| {
        let roi = other(number);
        work.follow(&data, &roi, &[]).unwrap();
        data.value(&roi.free_values(), work).unwrap().to_bits()
    };
    let fresh = |number: usize| value(&mut Workspace::new(&data, &other(number), &[]).unwrap(), number);
    let serial: Vec<u64> = (0..16).map(fresh).collect();
    let start = Workspace::new(&data, &roi, &[]).unwrap();
    let side_by_side: Vec<u64> = (0..16).into_par_iter().map(|number| value(&mut start.clone(), number)).collect();
    assert_eq!(side_by_side, serial);
    // A workspace that goes from one to the next has what a new one has.
    let mut walking = start.clone();
    assert_eq!((0..16).map(|number| value(&mut walking, number)).collect::<Vec<u64>>(), serial);
}

#[test]
fn an_evaluation_writes_into_no_model_and_no_other_workspace() {
    let (data, roi) = (data(), region());
    let mut work = Workspace::new(&data, &roi, &[]).unwrap();
    assert_eq!(work.values(), roi.free_values());
    let state = roi.state();
    let before = data.value(&[3.0, 1.0, 2.0], &mut work).unwrap();
    let mut other = work.clone();
    let mut changed = roi.clone();
    changed.sources_mut()[0].spectrum_mut().parameters_mut()[0].set_value(9.0).unwrap();
    other.follow(&data, &changed, &[]).unwrap();
    assert_ne!(data.value(&[3.0, 1.0, 2.0], &mut other).unwrap(), before);
    data.value(&[5.0, 2.0, 2.5], &mut work).unwrap();
    assert_eq!(work.values(), [5.0, 2.0, 2.5]);
    assert_eq!(data.value(&[3.0, 1.0, 2.0], &mut work).unwrap(), before);
    assert_eq!(roi.state(), state);
}

#[test]
fn maps_that_are_replaced_are_seen_where_they_were_replaced() {
    let (data, roi) = (data(), region());
    let mut work = Workspace::new(&data, &roi, &[]).unwrap();
    let values = roi.free_values();
    let before = data.value(&values, &mut work).unwrap();
    for name in ["a", "b", "c"] {
        let mut changed = data.clone();
        changed.set_source_maps(name, &[map(5), map(6)]).unwrap();
        // Until the workspace follows, it says that it does not.
        assert!(matches!(changed.value(&values, &mut work), Err(Error::OtherData)), "{name}");
        assert!(matches!(changed.bytes_per_pass(&work), Err(Error::OtherData)), "{name}");
        work.follow(&changed, &roi, &[]).unwrap();
        let after = changed.value(&values, &mut work).unwrap();
        assert_ne!(after, before, "{name}");
        let fresh = changed.value(&values, &mut Workspace::new(&changed, &roi, &[]).unwrap()).unwrap();
        assert_eq!(after, fresh, "{name}");
        work.follow(&data, &roi, &[]).unwrap();
        assert_eq!(data.value(&values, &mut work).unwrap(), before, "{name}");
    }
}

#[test]
fn what_failed_leaves_the_workspace_as_good_as_before() {
    let (data, roi) = (data(), region());
    let mut work = Workspace::new(&data, &roi, &[]).unwrap();
    let values = [3.0, 1.0, 2.0];
    let before = trial(&data, &mut work, 0);
    assert!(data.value(&[3.0, 1.0], &mut work).is_err(), "too few values");
    assert!(data.value(&[3.0, 1.0, 7.0], &mut work).is_err(), "out of its bounds");
    assert!(data.value(&[f64::NAN, 1.0, 2.0], &mut work).is_err());
    assert!(data.gradient(&values, &mut work, &mut [0.0; 2]).is_err());
    let error = data.value(&[0.0, -0.0, 2.0], &mut work);
    assert!(error.is_ok(), "the fixed sources are left");
    assert_eq!(trial(&data, &mut work, 0), before);
    // A region that cannot be followed is not followed.
    let mut without = roi.clone();
    without.add_source(power_law("e", 1.0, [true, false])).unwrap();
    assert!(matches!(work.follow(&data, &without, &[]), Err(Error::NoSourceMap { .. })));
    let mut steep = roi.clone();
    let index = &mut steep.sources_mut()[3].spectrum_mut().parameters_mut()[1];
    index.set_bounds(0.0, 1e7).unwrap();
    index.set_value(1e6).unwrap();
    assert!(work.follow(&data, &steep, &["b"]).is_err(), "its spectrum is not finite");
    assert_eq!(trial(&data, &mut work, 0), before);
}

/// A table under the same parameters is another spectrum: no one has to say so.
#[test]
fn a_spectrum_with_another_table_is_noticed() {
    use roi_model::FileTable;
    use std::sync::Arc;

    let data = data();
    let table = |slope: i32| {
        let energies: Vec<f64> = (0..9).map(|k| 50.0 * 2f64.powi(k)).collect();
        let dnde = energies.iter().map(|e| 1e-3 * (e / 1000.0).powi(slope)).collect();
        Arc::new(FileTable::new(energies, dnde).unwrap())
    };
    let with = |table: Arc<FileTable>, free: bool| {
        let mut roi = region();
        let norm = Parameter::new("Normalization", 1.0).unwrap().with_free(free);
        let spectrum = Spectrum::file_function(norm, "table.txt", table).unwrap();
        let source = roi.sources()[0].with_spectrum(spectrum);
        roi.sources_mut()[0] = source;
        roi
    };
    for free in [false, true] {
        let (flat, steep) = (with(table(-1), free), with(table(-3), free));
        let mut work = Workspace::new(&data, &flat, &[]).unwrap();
        let before = data.value(&flat.free_values(), &mut work).unwrap();
        work.follow(&data, &steep, &[]).unwrap();
        let after = data.value(&steep.free_values(), &mut work).unwrap();
        let fresh = data.value(&steep.free_values(), &mut Workspace::new(&data, &steep, &[]).unwrap()).unwrap();
        assert_ne!(after, before);
        assert_eq!(after, fresh);
    }
}

#[test]
fn data_and_workspaces_may_go_to_other_threads() {
    fn goes_anywhere<T: Send + Sync>() {}
    goes_anywhere::<Data>();
    goes_anywhere::<Workspace>();
}
