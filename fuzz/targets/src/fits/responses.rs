//! What the instrument is, in FITS: exposure, PSF, detector response, likelihood weights, livetime, response functions.

use std::path::Path;

use lat_io::{Column, ColumnValues, FitsWriter, Header};
use lat_response::{Exposure, ExposureLookup, Frame, HealpixGrid, HealpixOrdering, Psf, SkyCube, SkyGrid};
use likelihood_core::DetectorResponse;
use ndarray::Array2;
use roi_model::SkyDirection;

use super::events;
use super::fits_seeds::small_counts;
use crate::with_file::{bytes_of, named, with_file};

/// Reads a file as each of them, and asks what is read for values.
pub(crate) fn run(data: &[u8]) {
    let counts = small_counts();
    let direction = SkyDirection::new(83.6, 22.0).unwrap_or_else(|error| panic!("{error}"));
    with_file(data, |path| {
        if let Some(exposure) = named(lat_io::read_exposure(path)) {
            for plane in 0..exposure.cube().energies().len() {
                let value = exposure.value(plane, &direction);
                assert!(value.is_none_or(|value| value >= 0.0 && value.is_finite()), "exposure {value:?}");
            }
        }
        if let Some(psf) = named(lat_io::read_psf(path)) {
            evaluate(&psf);
        }
        if let Some(response) = named(lat_io::read_detector_response(path, counts.cube.axis())) {
            assert!(response.matrix().iter().all(|p| p.is_finite() && *p >= 0.0), "{response:?}");
            assert_eq!(response.n_bins(), counts.cube.axis().n_bins());
        }
        if let Some(weights) = named(lat_io::read_weights(path, &counts)) {
            assert!(weights.weights.values().iter().all(|w| w.is_finite() && *w >= 0.0), "{weights:?}");
        }
        if let Some(livetime) = named(lat_io::read_livetime_cube(path)) {
            let times = livetime.at(&direction).map(|at| at.times().sum::<f64>());
            assert!(times.as_ref().is_ok_and(|sum| *sum >= 0.0) || times.is_err(), "{times:?}");
        }
        for irf in named(lat_io::read_irf(path, path, Some(path))).unwrap_or_default() {
            for (energy, cosine) in [(30.0, 0.9), (1000.0, 0.5), (1e6, 1.0), (1000.0, -1.0)] {
                let area = irf.effective_area.value(energy, cosine);
                assert!(area >= 0.0 && area.is_finite(), "area {area} at {energy} MeV, {cosine}");
                let _ = (irf.effective_area.livetime_factors(energy), irf.psf.value(0.01, energy, cosine));
            }
        }
    });
}

/// A PSF at energies within and beyond its table.
fn evaluate(psf: &Psf) {
    for &energy in psf.energies().iter().chain(&[1.0, 1e9]) {
        let Ok(radial) = psf.at_energy(energy) else { continue };
        let last = radial.nodes().0.last().copied().unwrap_or(0.0);
        for theta in [0.0, 0.5 * last, last, 180.0] {
            assert!(radial.value(theta) >= 0.0, "PSF {} at {theta} deg", radial.value(theta));
            let _ = (radial.integral(theta), radial.containment_radius(0.68));
        }
    }
}

/// One of each.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let counts = small_counts();
    let grid = HealpixGrid::new(1, HealpixOrdering::Ring, Frame::Galactic).unwrap_or_else(|error| panic!("{error}"));
    let cube = |grid: SkyGrid, energies: Vec<f64>| {
        let planes = Array2::from_elem((energies.len(), grid.n_pixels()), 0.5f32);
        SkyCube::new("map", grid, energies, planes).unwrap_or_else(|error| panic!("{error}"))
    };
    let exposure = |grid| {
        Exposure::new(cube(grid, vec![100.0, 250.0, 1000.0]), ExposureLookup::Bilinear)
            .unwrap_or_else(|error| panic!("{error}"))
    };
    let psf = Psf::new(vec![100.0, 1000.0], vec![0.0, 0.5, 2.0], Array2::from_elem((2, 3), 10.0))
        .unwrap_or_else(|error| panic!("{error}"));
    let response = DetectorResponse::new(Array2::from_shape_fn((4, 2), |(i, k)| if i == k + 1 { 0.8 } else { 0.05 }))
        .unwrap_or_else(|error| panic!("{error}"));
    vec![
        bytes_of(&|path| lat_io::write_exposure(path, &exposure(counts.grid.clone()))),
        bytes_of(&|path| lat_io::write_exposure_from(path, &exposure(SkyGrid::Healpix(grid.clone())), Some("digest"))),
        bytes_of(&|path| lat_io::write_psf(path, &psf, &[1e11, 2e11])),
        bytes_of(&|path| lat_io::write_detector_response(path, counts.cube.axis(), &response)),
        bytes_of(&|path| lat_io::write_map_cube(path, &cube(counts.grid.clone(), vec![158.1, 500.0]), "")),
        bytes_of(&|path| lat_io::write_counts_cube(path, &counts)),
        bytes_of(&events::livetime),
        bytes_of(&|path| response_functions(path, "_FRONT")),
        bytes_of(&|path| response_functions(path, "")),
    ]
}

/// A column of one row.
fn vector(name: &str, unit: &str, values: &[f32]) -> Column {
    let values = ColumnValues::FloatVectors { width: values.len(), values: values.to_vec() };
    Column { name: name.into(), unit: unit.into(), values }
}

/// Effective area, PSF and dispersion of one event type in one file: the readers find each by its tables.
fn response_functions(path: &Path, suffix: &str) -> lat_io::Result<()> {
    let mut header = Header::default();
    // Pass 7 has the event type in the header.
    header.set("DETNAM", "FRONT", "");
    let grid = [
        vector("ENERG_LO", "MeV", &[10.0, 1e3]),
        vector("ENERG_HI", "MeV", &[1e3, 1e5]),
        vector("CTHETA_LO", "", &[0.2, 0.6]),
        vector("CTHETA_HI", "", &[0.6, 1.0]),
    ];
    let on_grid = |names: &[(&str, f32)], unit: &str| -> Vec<Column> {
        grid.iter().cloned().chain(names.iter().map(|(name, value)| vector(name, unit, &[*value; 4]))).collect()
    };
    let king = [("NCORE", 1.0), ("NTAIL", 0.1), ("SCORE", 0.5), ("STAIL", 1.0), ("GCORE", 2.0), ("GTAIL", 1.8)];
    let shape = [
        ("F", 0.8),
        ("S1", 0.6),
        ("K1", 1.1),
        ("BIAS", 0.0),
        ("BIAS2", 0.1),
        ("S2", 1.2),
        ("K2", 0.9),
        ("PINDEX1", 1.6),
        ("PINDEX2", 1.1),
    ];
    let efficiency = ColumnValues::FloatVectors {
        width: 6,
        values: vec![0.0, -0.5, 0.0, 2.0, 0.0, 4.0, 0.0, 1.5, 0.0, 2.0, 0.0, 4.0],
    };
    let efficiency = Column { name: "EFFICIENCY_PARS".into(), unit: String::new(), values: efficiency };
    let tables = [
        ("EFFECTIVE AREA", on_grid(&[("EFFAREA", 0.5)], "m2")),
        ("PHI_DEPENDENCE", on_grid(&[("PHIDEP0", 0.1), ("PHIDEP1", 1.5)], "")),
        ("EFFICIENCY_PARAMS", vec![efficiency]),
        ("RPSF", on_grid(&king, "")),
        ("PSF_SCALING_PARAMS", vec![vector("PSFSCALE", "", &[0.06, 0.001, -0.8])]),
        ("ENERGY DISPERSION", on_grid(&shape, "")),
        ("EDISP_SCALING_PARAMS", vec![vector("EDISPSCALE", "", &[0.02, 0.06, -0.2, -0.2, 0.04, 0.56])]),
    ];
    let mut writer = FitsWriter::create(path)?;
    for (name, columns) in tables {
        writer.table(&format!("{name}{suffix}"), &header, &columns)?;
    }
    writer.finish()
}
