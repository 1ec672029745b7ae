//! Data within an energy range are the data of a counts cube that was cut there.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use likelihood_core::{ComponentData, CountsCube, Data, EnergyAxis, Error, NormPoint, SourceMap, Workspace};
use ndarray::{Array2, Array3, Axis, Slice};
use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};

const EDGES: [f64; 6] = [100.0, 200.0, 450.0, 1000.0, 2500.0, 6000.0];

fn source(name: &str, norm: f64, [free_norm, free_index]: [bool; 2]) -> Source {
    let parameters = vec![
        Parameter::new("Prefactor", norm).unwrap().with_scale(1e-12).unwrap().with_free(free_norm),
        Parameter::new("Index", 2.1).unwrap().with_scale(-1.0).unwrap().with_free(free_index),
        Parameter::new("Scale", 1000.0).unwrap(),
    ];
    let spectrum = Spectrum::new("PowerLaw", parameters).unwrap();
    let at = SkyDirection::new(83.0, 22.0).unwrap();
    Source::new(name, SourceType::Point, spectrum, SpatialModel::point(at).unwrap()).unwrap()
}

/// One fixed source, one whose norm is free, one with a free shape.
fn region() -> Roi {
    let sources =
        vec![source("A", 4.0, [true, true]), source("B", 2.0, [true, false]), source("C", 3.0, [false, false])];
    Roi::new(SkyDirection::new(83.0, 22.0).unwrap(), sources).unwrap()
}

/// Of the energy bins from `first` to `last`.
fn data(first: usize, last: usize) -> Data {
    let axis = EnergyAxis::new(EDGES[first..=last].to_vec()).unwrap();
    let counts = Array3::from_shape_fn((5, 31, 29), |(k, y, x)| ((3 * k + 5 * y + 7 * x) % 4) as f32);
    let counts = counts.slice_axis(Axis(0), Slice::from(first..last)).to_owned();
    let mut component = ComponentData::new("00", &CountsCube::new(axis, counts).unwrap());
    for (name, tilt) in [("A", 3), ("B", 11), ("C", 17)] {
        let at = |(k, y, x): (usize, usize, usize)| 1e8 * (1.0 + ((k + tilt * y + 5 * x) % 13) as f32);
        let map = Array3::from_shape_fn((6, 31, 29), at).slice_axis(Axis(0), Slice::from(first..=last)).to_owned();
        component.add_source_map(name, &SourceMap::new(map).unwrap()).unwrap();
    }
    Data::new(vec![component]).unwrap()
}

fn evaluated(data: &Data, work: &mut Workspace) -> (f64, Vec<f64>, Array2<f64>, Vec<f64>) {
    let roi = region();
    work.follow(data, &roi, &[]).unwrap();
    let (mut gradient, mut hessian) = (vec![0.0; 3], Array2::zeros((3, 3)));
    let value = data.hessian(&roi.free_values(), work, &mut gradient, &mut hessian).unwrap();
    let lines = data.norm_lines(&roi.free_values(), work).unwrap();
    let points = [(0, 0.5), (1, 7.0)].map(|(line, norm)| NormPoint { line, norm, others: 1.1 });
    (value, gradient, hessian, lines.values(&points).unwrap())
}

#[test]
fn data_within_energies_are_those_of_a_cut_counts_cube() {
    let all = data(0, 5);
    let mut work = Workspace::new(&all, &region(), &[]).unwrap();
    for (first, last) in [(0, 5), (1, 3), (0, 1), (4, 5), (2, 5)] {
        let (emin, emax) = (EDGES[first], EDGES[last]);
        let within = all.within_energies(emin, emax).unwrap();
        let cut = data(first, last);
        let found = evaluated(&within, &mut work);
        let expected = evaluated(&cut, &mut Workspace::new(&cut, &region(), &[]).unwrap());
        approx::assert_relative_eq!(found.0, expected.0, max_relative = 1e-13);
        for (found, expected) in
            found.1.iter().chain(&found.2).chain(&found.3).zip(expected.1.iter().chain(&expected.2).chain(&expected.3))
        {
            approx::assert_relative_eq!(found, expected, max_relative = 1e-12);
        }
        assert_eq!(within.total_counts(), cut.total_counts());
        let source = &region().sources()[0].clone();
        approx::assert_relative_eq!(within.npred(source).unwrap(), cut.npred(source).unwrap(), max_relative = 1e-14);
    }
}

#[test]
fn what_is_no_edge_is_told_with_the_nearest() {
    let all = data(0, 5);
    let found = all.within_energies(200.0, 900.0);
    assert!(matches!(found, Err(Error::NoEnergyEdge { below, above, .. }) if (below, above) == (450.0, 1000.0)));
    assert!(matches!(all.within_energies(10.0, 100.0), Err(Error::EnergyRange { .. })));
    assert!(matches!(all.within_energies(f64::NAN, 1000.0), Err(Error::EnergyRange { .. })));
    assert!(matches!(all.within_energies(1000.0, 200.0), Err(Error::EnergyRange { .. })));
    // Beyond the axis there is nothing to meet.
    assert_eq!(all.within_energies(1.0, 450.0).unwrap().components()[0].bins(), 0..2);
    // Within what is left already.
    let upper = all.within_energies(450.0, 1e9).unwrap();
    assert_eq!(upper.within_energies(100.0, 1000.0).unwrap().components()[0].bins(), 2..3);
}
