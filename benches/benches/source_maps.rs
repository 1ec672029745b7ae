//! What does it cost to make the source maps of a region: a point source, a disk, diffuse sources?

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use lat_response::{
    Exposure, ExposureLookup, Frame, Psf, Recipe, Response, SkyCube, SkyGrid, SourceMapBuilder, SourceMapOptions,
    WcsHeader,
};
use likelihood_core::EnergyAxis;
use ndarray::Array2;
use roi_model::{SkyDirection, Source, SourceType, SpatialModel, Spectrum};

type Failure = Box<dyn std::error::Error>;

/// 100 x 100 pixels of 0.1 deg, 34 energy bins from 100 MeV, a PSF of King's shape whose width falls as the LAT's.
fn builder(recipe: Recipe) -> Result<SourceMapBuilder, Failure> {
    let edges: Vec<f64> = (0..35).map(|k| 100.0 * 1.3f64.powi(k)).collect();
    let sky = SkyGrid::wcs(WcsHeader::centered([180, 90], 2.0, Frame::Celestial, "CAR", [0.0, 0.0]))?;
    let cube = SkyCube::new("exposure", sky, edges.clone(), Array2::from_elem((35, 180 * 90), 1e11))?;
    let thetas: Vec<f64> = (0..200).map(|i| 5e-4 * f64::from(i * i)).collect();
    let king = |energy: f64, theta: f64| {
        let sigma = (0.6 * (energy / 1000.0).powf(-0.8)).hypot(0.05);
        (1.0 + (theta / sigma).powi(2) / 5.0).powf(-2.5) * 0.6
            / (2.0 * std::f64::consts::PI * sigma.to_radians().powi(2))
    };
    let psf = Array2::from_shape_fn((35, 200), |(k, t)| king(edges[k], thetas[t]));
    let response = Response {
        exposure: Exposure::new(cube, ExposureLookup::Fermitools)?,
        psf: Psf::new(edges.clone(), thetas, psf)?.into(),
    };
    let counts = SkyGrid::wcs(WcsHeader::centered([100, 100], 0.1, Frame::Celestial, "AIT", [83.6, 22.0]))?;
    let mut options = SourceMapOptions::default();
    options.recipe = recipe;
    Ok(SourceMapBuilder::new(&counts, &EnergyAxis::new(edges)?, 0, response, options)?)
}

fn source(kind: SourceType, spatial: SpatialModel) -> Result<Source, Failure> {
    Ok(Source::new("source", kind, Spectrum::with_defaults("PowerLaw")?, spatial)?)
}

#[expect(clippy::expect_used, reason = "a benchmark without its region has nothing to say")]
fn source_maps(criterion: &mut Criterion) {
    let direction = SkyDirection::new(84.3, 21.4).expect("direction");
    let sources = [
        ("point", source(SourceType::Point, SpatialModel::point(direction).expect("point"))),
        ("disk", source(SourceType::Diffuse, SpatialModel::disk(direction, 0.5).expect("disk"))),
        ("isotropic", source(SourceType::Diffuse, SpatialModel::isotropic().expect("isotropic"))),
    ]
    .map(|(name, source)| (name, source.expect("source")));
    for (name, recipe) in [("Fermitools", Recipe::fermitools()), ("Accurate", Recipe::accurate())] {
        let builder = builder(recipe).expect("builder");
        let mut group = criterion.benchmark_group(format!("source maps of 35 planes/{name}"));
        group.sample_size(10);
        for (name, source) in &sources {
            group.bench_function(*name, |b| b.iter(|| builder.source_map(black_box(source), &()).expect("map")));
        }
    }
}

criterion_group!(benches, source_maps);
criterion_main!(benches);
