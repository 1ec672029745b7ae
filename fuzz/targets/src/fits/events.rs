//! Photon files, spacecraft files and livetime cubes with all that they hold.

use std::path::Path;

use lat_io::{
    Cut, Error, LivetimeTable, NewPhoton, PhotonFile, PhotonHeader, SpacecraftFile, SpacecraftRow, read_energy_bins,
    read_livetime_table,
};
use lat_response::CosineBins;
use lat_response::{Frame, HealpixGrid, HealpixOrdering};
use ndarray::Array2;

/// Rows that are read of a file.
const ROWS: usize = 100;

/// Reads a file as each of them.
pub(crate) fn run(path: &Path, named: fn(&Error)) {
    let told = |error: Error| named(&error);
    if let Ok(photons) = PhotonFile::open(path).map_err(told) {
        for name in ["TIME", "EVENT_CLASS", "CONVERSION_TYPE", "CALIB_VERSION"] {
            let _ = photons.column(name).map_err(told);
        }
        if let Ok(block) = photons.block(1, ROWS).map_err(told) {
            for row in 0..block.len() {
                assert_eq!(block.rows().row(row).len(), photons.row_bytes());
                if let Ok(photon) = block.photon(row).map_err(told) {
                    assert!(photon.energy > 0.0 && photon.ra.is_finite() && photon.time.is_finite(), "{photon:?}");
                }
            }
        }
        for cut in photons.cuts() {
            assert!(cut.texts().iter().all(|text| text.is_ascii()), "a header holds ASCII");
        }
        assert!(photons.good_times().iter().all(|(start, stop)| start <= stop));
    }
    if let Ok(spacecraft) = SpacecraftFile::open(path).map_err(told)
        && let Ok(block) = spacecraft.block(0, ROWS).map_err(told)
    {
        for row in 0..block.len() {
            if let Ok(row) = block.row(row).map_err(told) {
                assert!(row.start < row.stop && row.livetime >= 0.0, "{row:?}");
            }
        }
    }
    let _ = read_livetime_table(path).map_err(told);
    let _ = read_energy_bins(path).map_err(told);
}

/// Writes a photon file.
pub(crate) fn photons(path: &Path) -> lat_io::Result<()> {
    let times = (3e8, 3e8 + 100.0);
    let photon =
        |time: f64| NewPhoton { energy: 250.0, ra: 83.6, dec: 22.0, time, event_class: 384, ..NewPhoton::default() };
    let cuts = vec![
        Cut::Cone { ra: 83.6, dec: 22.0, radius: 10.0 },
        Cut::Mask { column: "EVENT_CLASS".into(), mask: 128, pass: Some("P8R3".into()) },
        Cut::GoodTimes,
        Cut::range("ENERGY", "MeV", 100.0, 1e5),
    ];
    let header = PhotonHeader { cuts, good_times: vec![times], times, inputs: None };
    lat_io::write_new_photons(path, "P8R3", &header, &[photon(3e8 + 1.0), photon(3e8 + 2.0)])
}

/// Writes a spacecraft file.
pub(crate) fn spacecraft(path: &Path) -> lat_io::Result<()> {
    let row = |start: f64| SpacecraftRow {
        start,
        stop: start + 30.0,
        livetime: 27.0,
        z_axis: [80.0, 25.0],
        x_axis: [170.0, 0.0],
        zenith: [80.0, 0.0],
    };
    lat_io::write_new_spacecraft(path, &[row(3e8), row(3e8 + 30.0)])
}

/// Writes a livetime cube.
pub(crate) fn livetime(path: &Path) -> lat_io::Result<()> {
    let pixels =
        HealpixGrid::new(1, HealpixOrdering::Nested, Frame::Celestial).unwrap_or_else(|error| panic!("{error}"));
    let times = Array2::from_elem((12, 4), 1.5f32);
    lat_io::write_livetime_table(
        path,
        &LivetimeTable {
            pixels,
            bins: CosineBins { n: 2, minimum: 0.0, square_root: true },
            azimuth_bins: 1,
            weighted: times.clone(),
            livetime: times,
            zenith: (0.0, 90.0),
            good_times: vec![(3e8, 3e8 + 60.0)],
            times: (3e8, 3e8 + 60.0),
            inputs: None,
        },
    )
}
