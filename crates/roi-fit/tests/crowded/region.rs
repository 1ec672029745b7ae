//! Crowded regions: six overlapping sources, all shapes free, starts that are off by up to 3 times.

#![expect(clippy::cast_possible_truncation, reason = "counts and maps are single precision")]

use likelihood_core::{ComponentData, CountsCube, Data, EnergyAxis, SourceMap};
use ndarray::Array3;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Poisson};
use roi_fit::Session;
use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};

const SIDE: usize = 20;
const BINS: usize = 12;
const SOURCES: usize = 6;

/// A parameter: name, true value, scale, bounds, and by what factor and shift its start may be off.
struct Drawn(&'static str, f64, f64, (f64, f64), Off);

enum Off {
    Factor(f64),
    Shift(f64),
    Fixed,
}

/// The region of a seed, at its start.
pub(crate) fn crowded(seed: u64) -> Session {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let edges = (0..=BINS).map(|k| 100.0 * 1000_f64.powf(k as f64 / BINS as f64)).collect();
    let axis = EnergyAxis::new(edges).unwrap();
    let mut expected = Array3::<f64>::zeros((BINS, SIDE, SIDE));
    let (mut sources, mut maps) = (Vec::new(), Vec::new());
    for number in 0..=SOURCES {
        let (source, map, truth) = if number == SOURCES { isotropic() } else { point(number, &mut rng) };
        for (k, edges) in axis.edges().windows(2).enumerate() {
            let flux = truth.flux(edges[0], edges[1]).unwrap();
            for ((y, x), exposure) in map.planes().index_axis(ndarray::Axis(0), k).indexed_iter() {
                expected[[k, y, x]] += f64::from(*exposure) * flux;
            }
        }
        maps.push((source.name().to_owned(), map));
        sources.push(source);
    }
    let draw = |mean: &f64| Poisson::new(*mean).unwrap().sample(&mut rng) as f32;
    let mut component = ComponentData::new("00", &CountsCube::new(axis, expected.map(draw)).unwrap());
    for (name, map) in &maps {
        component.add_source_map(name, map).unwrap();
    }
    Session::new(Roi::new(center(), sources).unwrap(), Data::new(vec![component]).unwrap())
}

fn center() -> SkyDirection {
    SkyDirection::new(83.63, 22.01).unwrap()
}

/// A point source with a Gaussian PSF: the source at its start, its map, its true spectrum.
fn point(number: usize, rng: &mut Xoshiro256PlusPlus) -> (Source, SourceMap, Spectrum) {
    let mut between = |low: f64, high: f64| rng.random_range(low..high);
    let (y0, x0, width) = (between(1.0, 18.0), between(1.0, 18.0), between(1.4, 2.0));
    let peak = 1e11 / (std::f64::consts::TAU * width * width);
    let pixel = |(_, y, x): (usize, usize, usize)| {
        let square = (y as f64 - y0).powi(2) + (x as f64 - x0).powi(2);
        (peak * (-0.5 * square / (width * width)).exp()) as f32
    };
    let map = SourceMap::new(Array3::from_shape_fn((BINS + 1, SIDE, SIDE), pixel)).unwrap();
    let norm = 4.0 * 6_f64.powf(between(0.0, 1.0));
    let (wide, index) = ((1e-5, 1000.0), (0.0, 5.0));
    let (family, drawn) = match number % 3 {
        0 => {
            let norm = Drawn("Prefactor", norm, 1e-13, wide, Off::Factor(3.0));
            let index = Drawn("Index", between(1.8, 2.8), -1.0, index, Off::Shift(1.0));
            ("PowerLaw", vec![norm, index, Drawn("Scale", 1000.0, 1.0, (1000.0, 1000.0), Off::Fixed)])
        }
        1 => {
            let norm = Drawn("norm", norm, 1e-13, wide, Off::Factor(3.0));
            let alpha = Drawn("alpha", between(1.6, 2.5), 1.0, (-5.0, 5.0), Off::Shift(1.0));
            let beta = Drawn("beta", between(0.05, 0.3), 1.0, (-2.0, 2.0), Off::Factor(3.0));
            ("LogParabola", vec![norm, alpha, beta, Drawn("Eb", 1000.0, 1.0, (1000.0, 1000.0), Off::Fixed)])
        }
        _ => {
            let norm = Drawn("Prefactor", norm, 1e-13, wide, Off::Factor(3.0));
            let index = Drawn("Index1", between(1.2, 2.2), -1.0, index, Off::Shift(1.0));
            let cutoff = Drawn("Expfactor", between(0.3, 1.5), 0.01, wide, Off::Factor(3.0));
            let scale = Drawn("Scale", 1000.0, 1.0, (1000.0, 1000.0), Off::Fixed);
            let power = Drawn("Index2", 0.6667, 1.0, (0.0, 2.0), Off::Fixed);
            ("PLSuperExpCutoff2", vec![norm, index, scale, cutoff, power])
        }
    };
    let start = spectrum(family, &drawn, |drawn| match drawn.4 {
        Off::Factor(most) => drawn.1 * most.powf(between(-1.0, 1.0)),
        Off::Shift(most) => drawn.1 + between(-most, most),
        Off::Fixed => drawn.1,
    });
    let position = SpatialModel::point(center()).unwrap();
    let source = Source::new(format!("S{number}"), SourceType::Point, start, position).unwrap();
    (source, map, spectrum(family, &drawn, |drawn| drawn.1))
}

/// A uniform background, whose norm alone is free.
fn isotropic() -> (Source, SourceMap, Spectrum) {
    let parameters = |off: f64| {
        let norm = Drawn("Prefactor", 2.0 * off, 1e-10, (1e-5, 1000.0), Off::Factor(1.0));
        let index = Drawn("Index", 2.3, -1.0, (0.0, 5.0), Off::Fixed);
        spectrum("PowerLaw", &[norm, index, Drawn("Scale", 1000.0, 1.0, (1000.0, 1000.0), Off::Fixed)], |drawn| drawn.1)
    };
    let map = SourceMap::new(Array3::from_elem((BINS + 1, SIDE, SIDE), 1e6)).unwrap();
    let everywhere = SpatialModel::isotropic().unwrap();
    (Source::new("iso", SourceType::Diffuse, parameters(1.5), everywhere).unwrap(), map, parameters(1.0))
}

fn spectrum(family: &str, drawn: &[Drawn], mut value: impl FnMut(&Drawn) -> f64) -> Spectrum {
    let parameter = |drawn: &Drawn| {
        let (low, high) = drawn.3;
        let parameter = Parameter::new(drawn.0, value(drawn).clamp(low, high)).unwrap();
        let parameter = parameter.with_scale(drawn.2).unwrap().with_bounds(low, high).unwrap();
        parameter.with_free(!matches!(drawn.4, Off::Fixed))
    };
    Spectrum::new(family, drawn.iter().map(parameter).collect()).unwrap()
}
