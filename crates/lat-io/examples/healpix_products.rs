//! Writes products in HEALPix pixels by simple formulas, for `benches/peers/check_healpix.py` to check with healpy and astropy.
//!
//! `cargo run -p lat-io --example healpix_products DIR`

use std::path::{Path, PathBuf};

use lat_io::CountsCubeFile;
use lat_response::{Exposure, ExposureLookup, Frame, HealpixGrid, HealpixOrdering, SkyCube, SkyGrid};
use likelihood_core::{CountsCube, EnergyAxis, SourceMap};
use ndarray::{Array2, Array3};
use roi_model::SkyDirection;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory: PathBuf = std::env::args_os().nth(1).ok_or("usage: healpix_products DIR")?.into();
    std::fs::create_dir_all(&directory)?;
    for (frame, coordsys) in [(Frame::Galactic, "gal"), (Frame::Celestial, "cel")] {
        for (ordering, name) in [(HealpixOrdering::Ring, "ring"), (HealpixOrdering::Nested, "nested")] {
            let sphere = HealpixGrid::new(32, ordering, frame)?;
            let center = match frame {
                Frame::Celestial => SkyDirection::new(83.633, 22.014)?,
                Frame::Galactic => SkyDirection::from_galactic(184.56, -5.78)?,
            };
            write(&directory, &format!("{coordsys}_{name}_disk"), &sphere.disk(&center, 12.0)?)?;
            write(&directory, &format!("{coordsys}_{name}_sphere"), &sphere)?;
        }
    }
    Ok(())
}

/// Every value tells where its pixel is: the z component of the direction in the map's own frame, times plane and constant.
fn write(directory: &Path, name: &str, grid: &HealpixGrid) -> Result<(), Box<dyn std::error::Error>> {
    let z: Vec<f64> = (0..grid.n_pixels())
        .map(|pixel| grid.direction_of(pixel).map_or(f64::NAN, |d| d.coordinates(grid.frame()).1.to_radians().sin()))
        .collect();
    #[expect(clippy::cast_possible_truncation, reason = "products are kept in 32-bit floats")]
    let value = |plane: usize, pixel: usize, offset: f64| ((plane + 1) as f64 * (offset + z[pixel])) as f32;
    let n = grid.n_pixels();
    let on_sky = SkyGrid::Healpix(grid.clone());
    let axis = EnergyAxis::new(vec![100.0, 1000.0, 10_000.0])?;
    let counts = Array3::from_shape_fn((2, 1, n), |(plane, _, pixel)| value(plane, pixel, 2.0));
    let counts = CountsCubeFile { cube: CountsCube::new(axis, counts)?, grid: on_sky.clone(), gti: vec![(0.0, 1.0)] };
    let path = |product: &str| directory.join(format!("{name}_{product}.fits"));
    lat_io::write_counts_cube(&path("ccube"), &counts)?;

    let dense = SourceMap::new(Array3::from_shape_fn((3, 1, n), |(plane, _, pixel)| value(plane, pixel, 3.0)))?;
    let cap = |pixel: usize| if z[pixel] > 0.8 { 1.0 } else { 0.0 };
    let polar = Array3::from_shape_fn((3, 1, n), |(plane, _, pixel)| cap(pixel) * value(plane, pixel, 3.0));
    let maps = [("dense".to_owned(), dense), ("polar".to_owned(), SourceMap::new(polar)?)];
    lat_io::write_source_maps(&path("srcmap"), &counts, &mut maps.into_iter())?;

    let planes = Array2::from_shape_fn((2, n), |(plane, pixel)| value(plane, pixel, 4.0));
    let cube = SkyCube::new("map", on_sky, vec![100.0, 1000.0], planes)?;
    lat_io::write_map_cube(&path("mapcube"), &cube, "cm-2 s-1 sr-1 MeV-1")?;
    lat_io::write_exposure(&path("bexpmap"), &Exposure::new(cube, ExposureLookup::Fermitools)?)?;
    Ok(())
}
