//! Maps of which only what is needed is held: planes that are read one by one, and the pixels of them that a region looks at.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use ndarray::Array2;
use rayon::prelude::*;

use super::map_integral::PlaneEnergies;
use super::sky_cube::SkyCube;
use crate::error::{Error, Result};
use crate::geometry::SkyGrid;

/// A map over the sky whose planes are given out one by one: a cube in memory, or a file that is read plane by plane.
pub trait SkyPlanes: Debug + Send + Sync {
    /// What it is, for messages.
    fn what(&self) -> &str;

    /// The pixels.
    fn grid(&self) -> &SkyGrid;

    /// Energies of the planes, MeV, positive and increasing; one for a map without energies.
    fn energies(&self) -> &[f64];

    /// The pixels of the plane at this energy index; all are finite.
    ///
    /// # Errors
    /// When there is no such plane, or it cannot be read or holds a value that is not finite.
    fn plane(&self, index: usize) -> Result<Cow<'_, [f32]>>;
}

impl SkyPlanes for SkyCube {
    fn what(&self) -> &str {
        self.what()
    }

    fn grid(&self) -> &SkyGrid {
        self.grid()
    }

    fn energies(&self) -> &[f64] {
        self.energies()
    }

    fn plane(&self, index: usize) -> Result<Cow<'_, [f32]>> {
        self.plane(index).map(Cow::Borrowed).ok_or_else(|| Error::Shape {
            what: self.what().to_owned(),
            found: format!("{} planes", self.energies().len()),
            expected: format!("a plane {index}"),
        })
    }
}

/// The first plane of a map.
#[derive(Debug)]
pub(crate) struct FirstPlane(pub(crate) Arc<dyn SkyPlanes>);

impl SkyPlanes for FirstPlane {
    fn what(&self) -> &str {
        self.0.what()
    }

    fn grid(&self) -> &SkyGrid {
        self.0.grid()
    }

    fn energies(&self) -> &[f64] {
        self.0.energies().get(..1).unwrap_or_default()
    }

    fn plane(&self, _: usize) -> Result<Cow<'_, [f32]>> {
        self.0.plane(0)
    }
}

/// A map whose planes that some energies draw on are held in memory.
#[derive(Debug)]
struct Held {
    map: Arc<dyn SkyPlanes>,
    planes: Vec<Option<Vec<f32>>>,
}

/// The map with the planes around `energies` in memory, for those who ask for them many times; itself where they are there already.
///
/// # Errors
/// As [`SkyPlanes::plane`], of the first plane that fails.
pub(crate) fn held(map: Arc<dyn SkyPlanes>, energies: &[f64]) -> Result<Arc<dyn SkyPlanes>> {
    let own = PlaneEnergies::new(map.what().to_owned(), map.energies().to_vec());
    let mut planes = vec![None; own.values().len()];
    for &energy in energies {
        let (low, high) = own.around(energy);
        for plane in [low, high] {
            if planes[plane].is_none() {
                match map.plane(plane)? {
                    Cow::Borrowed(_) => return Ok(Arc::clone(&map)),
                    Cow::Owned(values) => planes[plane] = Some(values),
                }
            }
        }
    }
    Ok(Arc::new(Held { map, planes }))
}

impl SkyPlanes for Held {
    fn what(&self) -> &str {
        self.map.what()
    }

    fn grid(&self) -> &SkyGrid {
        self.map.grid()
    }

    fn energies(&self) -> &[f64] {
        self.map.energies()
    }

    fn plane(&self, index: usize) -> Result<Cow<'_, [f32]>> {
        match self.planes.get(index) {
            Some(Some(values)) => Ok(Cow::Borrowed(values)),
            _ => self.map.plane(index),
        }
    }
}

/// Some pixels of the planes of an intensity map that some energies draw on.
#[derive(Debug)]
pub(crate) struct Excerpt {
    energies: PlaneEnergies,
    /// The row of each plane in `values`, if it is kept.
    rows: Vec<Option<usize>>,
    /// `[kept plane, kept pixel]`.
    values: Array2<f32>,
}

impl Excerpt {
    /// What a map has in `pixels`, at the planes around `energies`. The planes are read in parallel, and one a thread is held.
    ///
    /// # Errors
    /// As [`SkyPlanes::plane`], of the first plane that fails; [`Error::BadValue`] for an intensity below 0 anywhere in these planes.
    pub(crate) fn new(map: &dyn SkyPlanes, energies: &[f64], pixels: &[u32]) -> Result<Self> {
        let own = PlaneEnergies::new(map.what().to_owned(), map.energies().to_vec());
        let mut rows = vec![None; own.values().len()];
        for &energy in energies {
            let (low, high) = own.around(energy);
            (rows[low], rows[high]) = (Some(0), Some(0));
        }
        let kept: Vec<usize> = (0..rows.len()).filter(|&plane| rows[plane].is_some()).collect();
        for (row, &plane) in kept.iter().enumerate() {
            rows[plane] = Some(row);
        }
        let mut values = Array2::zeros((kept.len(), pixels.len()));
        let read = |(mut row, &plane): (ndarray::ArrayViewMut1<'_, f32>, &usize)| {
            let all = map.plane(plane)?;
            if let Some(&value) = all.iter().find(|value| **value < 0.0) {
                let what = format!("{}, plane {plane}", map.what());
                return Err(Error::BadValue { what, value: value.into(), expected: "an intensity of at least 0" });
            }
            for (value, &pixel) in row.iter_mut().zip(pixels) {
                *value = all.get(pixel as usize).copied().unwrap_or(0.0);
            }
            Ok(())
        };
        let rows_of: Vec<_> = values.outer_iter_mut().zip(&kept).collect();
        // Collected before the first error is taken, so that the same error is told on every run.
        let outcomes: Vec<Result<()>> = rows_of.into_par_iter().map(read).collect();
        outcomes.into_iter().collect::<Result<()>>()?;
        Ok(Self { energies: own, rows, values })
    }

    /// Energies of all planes of the map, MeV.
    pub(crate) fn energies(&self) -> &[f64] {
        self.energies.values()
    }

    /// The kept pixels of a plane; nothing for one that no energy draws on.
    pub(crate) fn plane(&self, index: usize) -> &[f32] {
        let row = self.rows.get(index).copied().flatten();
        row.and_then(|row| self.values.row(row).to_slice()).unwrap_or_default()
    }

    /// As [`SkyCube::planes_around`].
    pub(crate) fn planes_around(&self, energy: f64) -> (usize, usize) {
        self.energies.around(energy)
    }

    /// As [`SkyCube::between`].
    pub(crate) fn between(&self, low: usize, high: usize, a: f64, b: f64, energy: f64) -> Result<f64> {
        self.energies.between(low, high, a, b, energy)
    }
}
