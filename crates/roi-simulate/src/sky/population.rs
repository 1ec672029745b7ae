//! The point sources: where they stand and how bright they are.

use std::collections::BTreeSet;

use rand::{Rng, RngExt};
use roi_model::{SkyDirection, Source, SourceType, SpatialModel};

use crate::error::Result;
use crate::instrument::pixels::Grid;
use crate::options::SimulationOptions;
use crate::sky::spectra;

/// Photon fluxes from 1000 to 300 000 MeV, cm^-2 s^-1: dN/dS goes as S^-SLOPE between these limits.
const FLUXES: (f64, f64) = (3e-10, 1e-7);
const SLOPE: f64 = 2.2;
/// The square that holds the sources is this much larger than the region.
const OVERHANG: f64 = 1.1;
/// Sources of a catalog are resolved: they keep this distance from each other, degrees, if there is room.
const SEPARATION: f64 = 0.4;
/// How many places are tried for a source.
const TRIALS: usize = 20;

/// Draws the point sources, the brightest first and in the centre of the region. All their parameters are fixed.
pub(crate) fn draw(options: &SimulationOptions, grid: &Grid, rng: &mut impl Rng) -> Result<Vec<Source>> {
    let mut fluxes: Vec<f64> = (0..options.sources).map(|_| flux(rng.random())).collect();
    fluxes.sort_by(|a, b| b.total_cmp(a));
    let mut places: Vec<SkyDirection> = Vec::with_capacity(fluxes.len());
    let mut names = BTreeSet::new();
    let mut sources = Vec::with_capacity(fluxes.len());
    for (rank, flux) in fluxes.into_iter().enumerate() {
        let direction = if rank == 0 { grid.wcs.header().reference_direction()? } else { place(grid, &places, rng)? };
        places.push(direction);
        let mut name = designation(direction);
        for number in 2.. {
            if names.insert(name.clone()) {
                break;
            }
            name = format!("{}-{number}", designation(direction));
        }
        let spectrum = spectra::draw(rank, flux, rng)?;
        sources.push(Source::new(name, SourceType::Point, spectrum, SpatialModel::point(direction)?)?);
    }
    Ok(sources)
}

/// The flux above which a fraction `above` of the sources lies.
fn flux(above: f64) -> f64 {
    let (low, high) = (FLUXES.0.powf(1.0 - SLOPE), FLUXES.1.powf(1.0 - SLOPE));
    (high + above * (low - high)).powf(1.0 / (1.0 - SLOPE))
}

/// A place in the square, away from the others if there is room.
fn place(grid: &Grid, others: &[SkyDirection], rng: &mut impl Rng) -> Result<SkyDirection> {
    let side = grid.side() as f64;
    let mut best: Option<(f64, SkyDirection)> = None;
    for _ in 0..TRIALS {
        let mut coordinate = || (0.5 + OVERHANG * rng.random_range(-0.5..0.5)) * side - 0.5;
        let direction = grid.direction(coordinate(), coordinate())?;
        let nearest = others.iter().map(|other| other.separation(&direction)).fold(f64::INFINITY, f64::min);
        if nearest > SEPARATION {
            return Ok(direction);
        }
        if best.is_none_or(|(distance, _)| nearest > distance) {
            best = Some((nearest, direction));
        }
    }
    best.map_or_else(|| Ok(grid.wcs.header().reference_direction()?), |(_, direction)| Ok(direction))
}

/// The name of a position in the manner of the LAT catalogs: `SIM JHHMM.m+DDMM`, truncated, not rounded.
fn designation(direction: SkyDirection) -> String {
    let tenths_of_minutes = (direction.ra() / 15.0 * 600.0).floor();
    let minutes = (direction.dec().abs() * 60.0).floor();
    let sign = if direction.dec() < 0.0 { '-' } else { '+' };
    format!(
        "SIM J{:02.0}{:04.1}{sign}{:02.0}{:02.0}",
        (tenths_of_minutes / 600.0).floor(),
        tenths_of_minutes % 600.0 / 10.0,
        (minutes / 60.0).floor(),
        minutes % 60.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::Xoshiro256PlusPlus;

    #[test]
    fn names_tell_positions() {
        let name = |ra, dec| designation(SkyDirection::new(ra, dec).unwrap());
        assert_eq!(name(83.63, 22.01), "SIM J0534.5+2200");
        assert_eq!(name(0.0, 0.0), "SIM J0000.0+0000");
        assert_eq!(name(359.999, -0.99), "SIM J2359.9-0059");
        assert_eq!(name(150.0, -89.999), "SIM J1000.0-8959");
    }

    #[test]
    fn fluxes_follow_the_source_counts() {
        approx::assert_relative_eq!(flux(1.0), FLUXES.0, max_relative = 1e-12);
        approx::assert_relative_eq!(flux(0.0), FLUXES.1, max_relative = 1e-12);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let drawn: Vec<f64> = (0..100_000).map(|_| flux(rng.random())).collect();
        let above = |s: f64| drawn.iter().filter(|&&flux| flux > s).count() as f64;
        // N(>S) ~ S^-1.2, 4 sigma.
        let ratio = above(1e-9) / above(4e-9);
        approx::assert_relative_eq!(ratio, 4f64.powf(1.2), max_relative = 0.07);
    }

    #[test]
    fn crowded_regions_have_sources_of_different_names() {
        let options = SimulationOptions { npix: 4, sources: 400, ..SimulationOptions::default() };
        let grid = Grid::new(&options).unwrap();
        let sources = draw(&options, &grid, &mut Xoshiro256PlusPlus::seed_from_u64(1)).unwrap();
        let names: BTreeSet<&str> = sources.iter().map(Source::name).collect();
        assert_eq!(names.len(), 400);
        assert!(names.iter().any(|name| name.contains('-')), "some share a designation");
    }

    #[test]
    fn some_sources_stand_outside_and_the_rest_keep_apart() {
        let options = SimulationOptions { sources: 60, ..SimulationOptions::default() };
        let grid = Grid::new(&options).unwrap();
        let sources = draw(&options, &grid, &mut Xoshiro256PlusPlus::seed_from_u64(1)).unwrap();
        let center = grid.wcs.header().reference_direction().unwrap();
        let places: Vec<SkyDirection> = sources.iter().filter_map(Source::direction).collect();
        assert_eq!(places[0], center);
        assert!(places.iter().filter(|place| place.separation(&center) > 5.05 * 2f64.sqrt()).count() <= 3);
        let outside = places.iter().filter(|place| (place.dec() - center.dec()).abs() > 5.05).count();
        assert!((1..20).contains(&outside), "{outside}");
        for (i, a) in places.iter().enumerate() {
            assert!(places[..i].iter().all(|b| a.separation(b) > SEPARATION));
        }
    }
}
