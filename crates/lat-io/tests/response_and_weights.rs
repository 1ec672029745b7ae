//! Detector response matrices and likelihood weights: the real files, and made-up ones in which one thing is wrong.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::path::Path;

use fixtures::{drm_file, real_data, small_counts};
use lat_io::{Column, ColumnValues, Error, FitsWriter, Header};
use lat_response::{SkyGrid, WcsHeader};
use ndarray::{Array3, Axis};
use proptest::prelude::*;

/// Edges of the true bins for [`small_counts`], one bin more on either side.
const TRUE_EDGES: [f64; 6] = [40.0, 100.0, 250.0, 1000.0, 8000.0, 64_000.0];

fn matrix() -> Vec<Vec<f32>> {
    (0..5u8).map(|l| (0..3u8).map(|k| f32::from(8 * l + k) / 64.0).collect()).collect()
}

fn read_drm(bytes: &[u8]) -> lat_io::Result<likelihood_core::DetectorResponse> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("drm.fits");
    std::fs::write(&path, bytes).unwrap();
    let found = lat_io::read_detector_response(&path, small_counts().cube.axis());
    if let Err(error) = &found {
        assert!(error.to_string().contains("drm.fits"), "{error}");
    }
    found
}

#[test]
fn a_matrix_reads_as_it_stands_in_the_file() {
    let response = read_drm(&drm_file(&TRUE_EDGES, &matrix())).unwrap();
    assert_eq!((response.n_bins(), response.n_extra()), (3, 1));
    for (l, row) in matrix().iter().enumerate() {
        for (k, &value) in row.iter().enumerate() {
            assert_eq!(response.matrix()[[l, k]], f64::from(value));
        }
    }
}

#[test]
fn a_matrix_for_other_bins_is_refused() {
    let message = |edges: &[f64], matrix: &[Vec<f32>]| read_drm(&drm_file(edges, matrix)).unwrap_err().to_string();
    let mut edges = TRUE_EDGES;
    edges[2] = 251.0;
    assert!(message(&edges, &matrix()).contains("251"));
    let mut short = matrix();
    short[3].pop();
    assert!(message(&TRUE_EDGES, &short).contains("row 4 has 2 measured bins"));
    assert!(message(&TRUE_EDGES, &matrix()[..4]).contains("even number"));
    let mut bad = matrix();
    bad[1][2] = f32::NAN;
    assert!(message(&TRUE_EDGES, &bad).contains("true bin 1 and measured bin 2"));
}

#[test]
fn descriptors_that_point_anywhere_are_errors() {
    let whole = drm_file(&TRUE_EDGES, &matrix());
    let table = whole.len() - 2880;
    for row in 0..5 {
        for at in [16, 20] {
            for value in [1u32 << 31, u32::MAX, 61, 7] {
                let mut bytes = whole.clone();
                bytes[table + 24 * row + at..table + 24 * row + at + 4].copy_from_slice(&value.to_be_bytes());
                let _ = read_drm(&bytes);
            }
        }
        let mut bytes = whole.clone();
        bytes[table + 24 * row + 16..table + 24 * row + 20].copy_from_slice(&u32::MAX.to_be_bytes());
        let error = read_drm(&bytes).unwrap_err().to_string();
        assert!(error.contains(&format!("row {}", row + 1)) && error.contains("heap"), "{error}");
    }
    for len in (0..whole.len()).step_by(97) {
        assert!(read_drm(&whole[..len]).is_err(), "{len}");
    }
}

proptest! {
    #[test]
    fn any_damage_to_a_matrix_ends_in_a_value_or_an_error(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = drm_file(&TRUE_EDGES, &matrix());
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read_drm(&bytes);
    }
}

#[test]
fn the_real_matrices_read() {
    let Some(root) = real_data("fermitools-roi") else { return };
    let counts = lat_io::read_counts_cube(&root.join("ccube.fits.gz")).unwrap();
    let response = lat_io::read_detector_response(&root.join("drm.fits.gz"), counts.cube.axis()).unwrap();
    assert_eq!((response.n_bins(), response.n_extra()), (30, 2));
    // The matrix that the C++ code computed, in double precision.
    let recorded: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(root.join("eval_start_edisp2_drm.json")).unwrap()).unwrap();
    for (l, row) in recorded["drm"].as_array().unwrap().iter().enumerate() {
        for (k, value) in row.as_array().unwrap().iter().enumerate() {
            let (found, expected) = (response.matrix()[[l, k]], value.as_f64().unwrap());
            approx::assert_relative_eq!(found, expected, max_relative = 1e-6, epsilon = 1e-12);
        }
    }
    let Some(root) = real_data("crab-400gev") else { return };
    for component in ["00", "01"] {
        let counts = lat_io::read_counts_cube(&root.join(format!("ccube_{component}.fits"))).unwrap();
        let response =
            lat_io::read_detector_response(&root.join(format!("drm_{component}.fits")), counts.cube.axis()).unwrap();
        assert_eq!((response.n_bins(), response.n_extra()), (4, 0));
        let weights = lat_io::read_weights(&root.join(format!("wcube_{component}.fits")), &counts).unwrap();
        assert!(weights.notes.is_empty(), "{:?}", weights.notes);
    }
}

fn write_weights(path: &Path, wcs: &WcsHeader, values: &Array3<f32>, energies: Option<Vec<f64>>) {
    let mut writer = FitsWriter::create(path).unwrap();
    let mut header = Header::default();
    for (n, (ctype, (crval, cdelt))) in
        [&wcs.ctype1, &wcs.ctype2].into_iter().zip(wcs.crval.into_iter().zip(wcs.cdelt)).enumerate()
    {
        header.set(&format!("CTYPE{}", n + 1), ctype.as_str(), "");
        header.set(&format!("CRVAL{}", n + 1), crval, "");
        header.set(&format!("CDELT{}", n + 1), cdelt, "");
        header.set(&format!("CRPIX{}", n + 1), wcs.crpix[n], "");
    }
    writer.image(&header, values).unwrap();
    if let Some(energies) = energies {
        let column = Column { name: "ENERGY".into(), unit: String::new(), values: ColumnValues::Double(energies) };
        writer.table("ENERGIES", &Header::default(), &[column]).unwrap();
    }
    writer.finish().unwrap();
}

/// The pixels of the small counts cube.
fn small_header() -> WcsHeader {
    match small_counts().grid {
        SkyGrid::Wcs(grid) => grid.header().clone(),
        _ => unreachable!("the small counts cube is an image"),
    }
}

/// Weights `(k + 1) / 8 + (y + x) / 64`, read for the small counts cube.
fn weights_of(wcs: &WcsHeader, planes: usize, energies: Option<Vec<f64>>) -> lat_io::Result<lat_io::Weights> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wmap.fits");
    let values =
        Array3::from_shape_fn((planes, wcs.ny, wcs.nx), |(k, y, x)| (k + 1) as f32 / 8.0 + (y + x) as f32 / 64.0);
    write_weights(&path, wcs, &values, energies);
    lat_io::read_weights(&path, &small_counts())
}

#[test]
fn weights_are_taken_at_the_centres_of_the_energy_bins() {
    let counts = small_counts();
    let centers = counts.cube.axis().centers();
    let expected = |k: usize, y: usize, x: usize| (k + 1) as f32 / 8.0 + (y + x) as f32 / 64.0;
    for energies in [None, Some(centers.clone())] {
        let found = weights_of(&small_header(), 3, energies).unwrap();
        assert!(found.notes.is_empty());
        for ((k, y, x), &weight) in found.weights.values().indexed_iter() {
            assert_eq!(weight, expected(k, y, x));
        }
    }
    // Planes at twice the centres: the first bin is below them, the second and third between two, by a power law.
    let found = weights_of(&small_header(), 3, Some(centers.iter().map(|e| 2.0 * e).collect())).unwrap();
    assert!(found.notes[0].contains("1 energy bin(s) lie outside"), "{:?}", found.notes);
    assert!(found.weights.values().index_axis(Axis(0), 0).iter().all(|&w| w == 1.0));
    let fraction = (centers[1] / (2.0 * centers[0])).ln() / (centers[1] / centers[0]).ln();
    let (a, b) = (f64::from(expected(0, 2, 3)), f64::from(expected(1, 2, 3)));
    approx::assert_relative_eq!(
        f64::from(found.weights.values()[[1, 2, 3]]),
        a * (b / a).powf(fraction),
        max_relative = 1e-6
    );
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    assert!(matches!(weights_of(&small_header(), 2, None), Err(Error::Shape { .. })));
    assert!(matches!(weights_of(&small_header(), 3, Some(vec![1.0, 2.0])), Err(Error::Shape { .. })));
    assert!(matches!(weights_of(&small_header(), 2, Some(vec![2.0, 1.0])), Err(Error::BadFits { .. })));
}

#[test]
fn a_map_on_other_pixels_is_looked_up_at_the_nearest_and_is_1_outside() {
    // One pixel of 0.1 deg further in longitude, which grows to the left: its column x is the counts cube's x - 1.
    let mut other = small_header();
    other.crval[0] += 0.1;
    let found = weights_of(&other, 3, None).unwrap();
    let values = found.weights.values();
    let (_, ny, nx) = values.dim();
    assert!(found.notes[0].contains(&format!("{ny} pixel(s)")), "{:?}", found.notes);
    for ((k, y, x), &weight) in values.indexed_iter() {
        let expected = if x + 1 < nx { (k + 1) as f32 / 8.0 + (y + x + 1) as f32 / 64.0 } else { 1.0 };
        assert_eq!(weight, expected, "({k}, {y}, {x})");
    }
}

/// The reference sampled `wmap` at its own bins' centres, which its rounding puts outside the map for the first and the last bin: weight
/// 1 there, which here is the map's.
#[test]
fn real_weights_are_those_that_the_reference_used() {
    let Some(root) = real_data("fermitools-roi") else { return };
    let counts = lat_io::read_counts_cube(&root.join("ccube.fits.gz")).unwrap();
    let used = lat_io::read_weights(&root.join("weights_used.fits.gz"), &counts).unwrap();
    let sampled = lat_io::read_weights(&root.join("wmap.fits.gz"), &counts).unwrap();
    assert!(used.notes.is_empty() && sampled.notes.is_empty());
    for k in 0..30 {
        let plane = |weights: &lat_io::Weights| weights.weights.values().index_axis(Axis(0), k).to_owned();
        let (used, sampled) = (plane(&used), plane(&sampled));
        if k == 0 || k == 29 {
            assert!(used.iter().all(|&w| w == 1.0));
            continue;
        }
        for (a, b) in used.iter().zip(&sampled) {
            approx::assert_relative_eq!(*a, *b, max_relative = 1e-5, epsilon = 1e-6);
        }
    }
}
