//! Maps of likelihood weights: a cube of weights at the centres of energy bins.

use std::path::Path;

use lat_response::SkyGrid;
use likelihood_core::{LikelihoodWeights, is_same_energy};
use ndarray::{Array3, ArrayView2, Axis};

use crate::error::{Error, Result};
use crate::fits::FitsFile;
use crate::products::counts_cube::{self, CountsCubeFile};
use crate::tables::energies;

/// Weights for a counts cube, and what the user should know of how they were taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// One weight a bin and pixel of the counts cube.
    pub weights: LikelihoodWeights,
    /// Sentences for the user.
    pub notes: Vec<String>,
}

/// Reads a weights map, plain or gzip, for a counts cube.
///
/// A map on other pixels is looked up at the centres of the counts cube's, the nearest pixel without interpolation, as in the LAT tools;
/// outside it the weight is 1.
/// Each energy bin takes the weights at its geometric centre: between two planes of the map by a power law in energy, beyond its energies
/// weight 1. The planes' energies stand in the table ENERGIES, or are the centres of the bins of EBOUNDS; a map with neither has one plane
/// for each energy bin of the counts cube.
///
/// # Errors
/// When the file is missing or damaged, or holds weights that are not finite or negative.
pub fn read_weights(path: &Path, counts: &CountsCubeFile) -> Result<Weights> {
    let file = FitsFile::open(path)?;
    let (primary, grid) = counts_cube::read_grid(&file)?;
    let mut planes = counts_cube::read_counts(&file, primary, &grid)?;
    if let Some(((k, y, x), value)) = planes.indexed_iter().find(|(_, w)| !(w.is_finite() && **w >= 0.0)) {
        return Err(Error::BadFits {
            path: path.to_owned(),
            hdu: primary.label(),
            reason: format!(
                "weight {value} in plane {k}, y {y}, x {x} (0-based); weights must be finite and not negative"
            ),
        });
    }
    let energies = plane_energies(&file)?;
    let found = energies.as_ref().map_or(counts.cube.axis().n_bins(), Vec::len);
    if planes.len_of(Axis(0)) != found {
        let whose = if energies.is_some() {
            "energies in the file"
        } else {
            "energy bins in the counts cube, as the file has no energies"
        };
        return Err(Error::Shape {
            path: path.to_owned(),
            hdu: primary.label(),
            found: format!("{} planes", planes.len_of(Axis(0))),
            expected: format!("{found} ({whose})"),
        });
    }
    let mut notes = Vec::new();
    if grid.difference(&counts.grid).is_some() {
        let (moved, outside) = at_pixels(&planes, &grid, &counts.grid);
        planes = moved;
        if outside > 0 {
            notes.push(format!(
                "{outside} pixel(s) of the counts cube lie outside the weights map '{}': weight 1",
                path.display()
            ));
        }
    }
    let values = match energies {
        None => planes,
        Some(energies) => {
            let centers = counts.cube.axis().centers();
            let (values, outside) = at_energies(&planes, &energies, &centers);
            if let (Some(first), Some(last), true) = (energies.first(), energies.last(), outside > 0) {
                notes.push(format!(
                    "{outside} energy bin(s) lie outside the energies of the weights map '{}' ({first} to {last} MeV): weight 1",
                    path.display()
                ));
            }
            values
        }
    };
    let weights = LikelihoodWeights::new(values).map_err(|source| Error::data(path, primary.label(), source))?;
    Ok(Weights { weights, notes })
}

/// Energies of the planes in MeV, if the file tells them.
fn plane_energies(file: &FitsFile) -> Result<Option<Vec<f64>>> {
    let column = |table: &str, name: &str, default_per_mev: f64| -> Result<Vec<f64>> {
        let hdu = file.table(table)?;
        let per_mev = match hdu.column_unit(name) {
            None => default_per_mev,
            Some(unit) => energies::per_mev(unit).map_err(|reason| Error::Column {
                path: file.path().to_owned(),
                hdu: hdu.label(),
                column: name.to_owned(),
                reason,
            })?,
        };
        Ok(file.read_column(hdu, name)?.into_iter().map(|value| value / per_mev).collect())
    };
    let (table, energies) = if file.table("ENERGIES").is_ok() {
        ("ENERGIES", column("ENERGIES", "Energy", 1.0)?)
    } else if file.table("EBOUNDS").is_ok() {
        let (lower, upper) = (column("EBOUNDS", "E_MIN", 1000.0)?, column("EBOUNDS", "E_MAX", 1000.0)?);
        ("EBOUNDS", lower.iter().zip(&upper).map(|(lower, upper)| (lower * upper).sqrt()).collect())
    } else {
        return Ok(None);
    };
    let ascending = energies.windows(2).all(|pair| pair[0] < pair[1]);
    if !(ascending && energies.iter().all(|energy| energy.is_finite() && *energy > 0.0)) {
        return Err(Error::BadFits {
            path: file.path().to_owned(),
            hdu: format!("'{table}'"),
            reason: "energies must be finite, positive and increasing".into(),
        });
    }
    Ok(Some(energies))
}

/// The weights at the pixels of another grid, each from the pixel that its centre falls in, and how many centres fall outside.
fn at_pixels(planes: &Array3<f32>, grid: &SkyGrid, wanted: &SkyGrid) -> (Array3<f32>, usize) {
    let [ny, nx] = wanted.shape();
    let [_, own_nx] = grid.shape();
    let pixels: Vec<Option<usize>> =
        (0..ny * nx).map(|pixel| wanted.direction(pixel).and_then(|direction| grid.pixel(&direction))).collect();
    let moved = Array3::from_shape_fn((planes.len_of(Axis(0)), ny, nx), |(k, y, x)| {
        pixels[y * nx + x].and_then(|pixel| planes.get((k, pixel / own_nx, pixel % own_nx))).copied().unwrap_or(1.0)
    });
    (moved, pixels.iter().filter(|pixel| pixel.is_none()).count())
}

/// The weights at some energies, and how many of these lie outside the map's.
fn at_energies(planes: &Array3<f32>, energies: &[f64], wanted: &[f64]) -> (Array3<f32>, usize) {
    let (_, ny, nx) = planes.dim();
    let mut values = Array3::ones((wanted.len(), ny, nx));
    let mut outside = 0;
    for (&energy, mut out) in wanted.iter().zip(values.outer_iter_mut()) {
        // Energies in the LAT's files are rounded to single precision: a bin's centre is the plane's energy when they agree to that.
        let at = energies.iter().position(|&e| is_same_energy(e, energy));
        let above = energies.partition_point(|e| *e < energy);
        match at {
            Some(plane) => out.assign(&planes.index_axis(Axis(0), plane)),
            None if above == 0 || above == energies.len() => outside += 1,
            None => {
                let fraction = (energy / energies[above - 1]).ln() / (energies[above] / energies[above - 1]).ln();
                let plane = |k: usize| -> ArrayView2<'_, f32> { planes.index_axis(Axis(0), k) };
                for ((out, &a), &b) in out.iter_mut().zip(plane(above - 1)).zip(plane(above)) {
                    *out = interpolate(f64::from(a), f64::from(b), fraction);
                }
            }
        }
    }
    (values, outside)
}

/// By a power law; linear where one of the two is zero.
#[expect(clippy::cast_possible_truncation, reason = "weights are single precision")]
fn interpolate(a: f64, b: f64, fraction: f64) -> f32 {
    if a > 0.0 && b > 0.0 { (a * (b / a).powf(fraction)) as f32 } else { (a + (b - a) * fraction) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_planes_by_a_power_law_and_outside_weight_1() {
        let planes = Array3::from_shape_vec((2, 1, 3), vec![0.1, 0.0, 0.0, 0.4, 0.5, 0.0]).unwrap();
        let energies = [100.0, 10_000.0];
        let (values, outside) =
            at_energies(&planes, &energies, &[50.0, 100.0 * (1.0 - 1e-7), 1000.0, 10_000.0, 11_000.0]);
        assert_eq!(outside, 2);
        let row = |k: usize| values.index_axis(Axis(0), k).iter().copied().collect::<Vec<_>>();
        assert_eq!(row(0), [1.0; 3]);
        assert_eq!(row(1), [0.1, 0.0, 0.0], "the plane itself, though rounded energies differ");
        assert!((row(2)[0] - 0.2).abs() < 1e-7 && (row(2)[1] - 0.25).abs() < 1e-7 && row(2)[2] == 0.0);
        assert_eq!(row(3), [0.4, 0.5, 0.0]);
        assert_eq!(row(4), [1.0; 3]);
    }
}
