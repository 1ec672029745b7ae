//! The simulated sky: the true model and the model that an analysis starts from.

use std::sync::Arc;

use rand::{Rng, RngExt};
use roi_model::{FileTable, Parameter, Roi, Source, SourceType, SpatialModel, Spectrum};

use crate::error::Result;
use crate::instrument::pixels::Grid;
use crate::options::SimulationOptions;
use crate::sky::{population, spectra};

/// Name of the Galactic component and the file of its map cube.
pub(crate) const GALACTIC: (&str, &str) = ("galdiff", "galdiff_simulated.fits");
/// Name of the isotropic component and the file of its table.
pub(crate) const ISOTROPIC: (&str, &str) = ("isodiff", "iso_simulated.txt");

/// Norms of sources nearer than this to the centre start free, degrees.
const FREE_WITHIN: f64 = 3.0;

/// Draws the true model: point sources, a Galactic and an isotropic component.
pub(crate) fn truth(options: &SimulationOptions, grid: &Grid, isotropic: FileTable, rng: &mut impl Rng) -> Result<Roi> {
    let center = grid.wcs.header().reference_direction()?;
    let mut sources = population::draw(options, grid, rng)?;
    let mut off_by = || 1.0 + signed(rng, 0.03..0.15);
    sources.push(galactic(off_by())?);
    sources.push(isotropic_source(off_by(), isotropic)?);
    for source in &mut sources {
        let free = source.direction().is_none_or(|direction| direction.separation(&center) < FREE_WITHIN);
        let spectrum = source.spectrum_mut();
        if let Some(norm) = spectrum.norm_index().and_then(|norm| spectrum.parameters_mut().get_mut(norm)) {
            norm.set_free(free);
        }
    }
    let mut roi = Roi::new(center, sources)?;
    roi.set_title("simulated region: the truth");
    Ok(roi)
}

/// The model that an analysis starts from: what a catalog would know. Norms of point sources are off by 10 to 30 %, their indices by 0.05
/// to 0.2; the diffuse components stand at one. Which parameters are free is as in the truth.
pub(crate) fn start(truth: &Roi, rng: &mut impl Rng) -> Result<Roi> {
    let mut roi = truth.clone();
    // The title stays when the model is fitted.
    roi.set_title("simulated region");
    for source in roi.sources_mut() {
        let factor = 1.0 + signed(rng, 0.1..0.3);
        let shift = signed(rng, 0.05..0.2);
        let is_point = source.source_type() == SourceType::Point;
        let spectrum = source.spectrum_mut();
        let index = spectra::main_index(spectrum);
        if let Some(norm) = spectrum.norm_index().and_then(|norm| spectrum.parameters_mut().get_mut(norm)) {
            norm.set_value(if is_point { norm.value() * factor } else { 1.0 })?;
        }
        if let Some(index) = index.filter(|_| is_point).and_then(|index| spectrum.parameters_mut().get_mut(index)) {
            index.set_value(index.value() + shift)?;
        }
    }
    Ok(roi)
}

/// A number whose absolute value lies in a range, with either sign.
fn signed(rng: &mut impl Rng, range: std::ops::Range<f64>) -> f64 {
    let size = rng.random_range(range);
    if rng.random() { size } else { -size }
}

/// The Galactic component with fermipy's parameters for a map cube.
fn galactic(norm: f64) -> Result<Source> {
    let (name, file) = GALACTIC;
    let parameters = vec![
        Parameter::new("Prefactor", norm)?.with_bounds(0.1, 10.0)?,
        Parameter::new("Index", 0.0)?.with_scale(-1.0)?.with_bounds(-1.0, 1.0)?,
        Parameter::new("Scale", 1000.0)?.with_bounds(1000.0, 1000.0)?,
    ];
    let spectrum = Spectrum::new("PowerLaw", parameters)?;
    Ok(Source::new(name, SourceType::Diffuse, spectrum, SpatialModel::map_cube(file)?)?)
}

/// The isotropic component with fermipy's parameters.
fn isotropic_source(norm: f64, table: FileTable) -> Result<Source> {
    let (name, file) = ISOTROPIC;
    let norm = Parameter::new("Normalization", norm)?.with_bounds(1e-3, 1e3)?;
    let spectrum = Spectrum::file_function(norm, file, Arc::new(table))?;
    Ok(Source::new(name, SourceType::Diffuse, spectrum, SpatialModel::isotropic()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sky::isotropic;
    use rand::SeedableRng;
    use rand::rngs::Xoshiro256PlusPlus;

    #[test]
    fn the_start_is_off_as_a_catalog_would_be_and_free_where_fermipy_users_begin() {
        let options = SimulationOptions { sources: 40, ..SimulationOptions::default() };
        let grid = Grid::new(&options).unwrap();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
        let truth = truth(&options, &grid, isotropic::table(100.0, 3e5).unwrap(), &mut rng).unwrap();
        let start = start(&truth, &mut rng).unwrap();
        assert_eq!(truth.sources().len(), 42);
        assert_eq!(truth.free_parameters(), start.free_parameters());
        let center = grid.wcs.header().reference_direction().unwrap();
        for (a, b) in truth.sources().iter().zip(start.sources()) {
            assert_eq!(a.name(), b.name());
            let near = a.direction().is_none_or(|d| d.separation(&center) < 3.0);
            assert_eq!(a.is_free(), near, "{}", a.name());
            let norm = a.spectrum().norm_index().unwrap();
            let main = spectra::main_index(a.spectrum());
            for (i, (p, q)) in a.spectrum().parameters().iter().zip(b.spectrum().parameters()).enumerate() {
                assert_eq!((p.scale(), p.bounds(), p.is_free()), (q.scale(), q.bounds(), q.is_free()));
                assert!(!p.is_free() || i == norm);
                let (ratio, shift) = ((q.value() / p.value() - 1.0).abs(), (q.value() - p.value()).abs());
                match a.source_type() {
                    SourceType::Diffuse if i == norm => assert!(q.value() == 1.0 && (0.02..0.18).contains(&ratio)),
                    SourceType::Point if i == norm => assert!((0.1..0.3).contains(&ratio), "{p:?} {q:?}"),
                    SourceType::Point if Some(i) == main => assert!((0.05..0.2).contains(&shift), "{p:?} {q:?}"),
                    _ => assert_eq!(p.value(), q.value()),
                }
            }
        }
    }
}
