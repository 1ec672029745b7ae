//! Counts cubes, counts maps and light curves beside what gtbin made of the same real photons.

use std::path::Path;

use crate::common::{assert_same_keywords, marked, observation, real_data};
use lat_events::{EnergyBinning, PhotonFiles, Selection, TimeBinning};
use lat_io::CountsCubeFile;
use lat_io::FitsFile;
use lat_response::{Frame, HealpixOrdering, SkyGrid, WcsHeader};

const CENTER: [f64; 2] = [194.0465, -5.7893];

const WCS: [&str; 16] = [
    "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "CTYPE1", "CTYPE2", "CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CDELT1",
    "CDELT2", "CUNIT1", "CUNIT2", "CROTA2", "EQUINOX",
];

/// The data sub-space of the reference's `gtmktime`.
const CUTS: [&str; 8] = ["NDSKEYS", "DSTYP1", "DSVAL1", "DSVAL2", "DSREF3", "DSVAL4", "DSUNI6", "DSVAL7"];

fn assert_same_cube(ours: &Path, tools: &Path) -> CountsCubeFile {
    let [a, b] = [ours, tools].map(|path| lat_io::read_counts_cube(path).unwrap());
    assert_eq!(a.grid.difference(&b.grid), None);
    assert_eq!(a.cube.counts(), b.cube.counts());
    assert_eq!(a.cube.axis(), b.cube.axis(), "32-bit keV, to the last bit");
    let bits = |gti: &[(f64, f64)]| gti.iter().map(|(a, b)| (a.to_bits(), b.to_bits())).collect::<Vec<_>>();
    assert_eq!(bits(&a.gti), bits(&b.gti));
    a
}

/// That the livetime in the header of the good times is the tool's.
fn assert_same_exposure(ours: &Path, tools: &Path) {
    let exposure = |path: &Path| FitsFile::open(path).unwrap().table("GTI").unwrap().header().real("EXPOSURE").unwrap();
    let (found, expected) = (exposure(ours), exposure(tools));
    assert!((found / expected - 1.0).abs() < 1e-13, "{found} {expected}");
}

#[test]
fn a_counts_cube_has_the_counts_of_gtbin_in_every_bin() {
    let (Some((photons, spacecraft)), Some(tools)) = (observation(), real_data("gtbin_ccube.fits.gz")) else { return };
    let selection = marked(&photons, &spacecraft);
    let grid = SkyGrid::wcs(WcsHeader::centered([100, 100], 0.1, Frame::Celestial, "AIT", CENTER)).unwrap();
    let energies = EnergyBinning::logarithmic(100.0, 1e5, 24).unwrap();
    let exposure = lat_events::livetime_within(&spacecraft, selection.good_times()).unwrap();
    let cube = lat_events::bin_cube(&selection, &grid, &energies).unwrap().with_exposure(exposure);
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("ccube.fits");
    cube.write(&ours).unwrap();
    assert_eq!(assert_same_cube(&ours, &tools).cube.total(), 199.0);
    assert_same_keywords(&ours, &tools, 0, &WCS);
    assert_same_keywords(&ours, &tools, 0, &CUTS);
    assert_same_keywords(&ours, &tools, 0, &["NAXIS3", "CTYPE3", "CRPIX3", "CRVAL3", "CDELT3", "CUNIT3"]);
    assert_same_exposure(&ours, &tools);
}

#[test]
fn a_cube_binned_from_a_file_is_that_binned_from_memory() {
    let (Some(file), Some(tools)) = (real_data("gtmktime.fits.gz"), real_data("gtbin_ccube.fits.gz")) else { return };
    let photons = PhotonFiles::open(&[file]).unwrap();
    let grid = SkyGrid::wcs(WcsHeader::centered([100, 100], 0.1, Frame::Celestial, "AIT", CENTER)).unwrap();
    let energies = EnergyBinning::logarithmic(100.0, 1e5, 24).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("ccube.fits.gz");
    lat_events::bin_cube(&Selection::all(&photons), &grid, &energies).unwrap().write(&ours).unwrap();
    assert_same_cube(&ours, &tools);
    // The bins of the tool's file are bins to bin by: no photon stands near an edge.
    let read = EnergyBinning::read(&tools).unwrap();
    let again = lat_events::bin_cube(&Selection::all(&photons), &grid, &read).unwrap();
    assert_eq!(again.cube.total(), 199.0);
}

#[test]
fn a_counts_map_has_the_counts_of_gtbin_in_every_pixel() {
    let (Some(file), Some(tools), Some((_, spacecraft))) =
        (real_data("gtselect_class.fits.gz"), real_data("gtbin_cmap.fits.gz"), observation())
    else {
        return;
    };
    let photons = PhotonFiles::open(&[file]).unwrap();
    let selection = Selection::all(&photons);
    let wcs = WcsHeader::centered([200, 200], 0.1, Frame::Celestial, "STG", [194.042, -5.789]);
    let exposure = lat_events::livetime_within(&spacecraft, selection.good_times()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("cmap.fits");
    lat_events::bin_map(&selection, &wcs).unwrap().with_exposure(exposure).write(&ours).unwrap();
    let [a, b] = [&ours, &tools].map(|path| {
        let file = FitsFile::open(path).unwrap();
        file.read_image_f64(file.primary().unwrap()).unwrap()
    });
    assert_eq!(a, b);
    assert_eq!(a.pixels.sum(), 411.0);
    assert_same_keywords(&ours, &tools, 0, &WCS);
    assert_same_exposure(&ours, &tools);
}

#[test]
fn a_healpix_cube_has_the_counts_of_gtbin_in_every_pixel() {
    let (Some((photons, spacecraft)), Some(tools)) = (observation(), real_data("gtbin_healpix.fits.gz")) else {
        return;
    };
    let selection = marked(&photons, &spacecraft);
    let pixels = lat_events::pixels_within(6, HealpixOrdering::Ring, Frame::Celestial, CENTER, 7.0).unwrap();
    let energies = EnergyBinning::logarithmic(100.0, 1e5, 12).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("ccube.fits");
    let exposure = lat_events::livetime_within(&spacecraft, selection.good_times()).unwrap();
    let cube = lat_events::bin_cube(&selection, &SkyGrid::Healpix(pixels), &energies).unwrap().with_exposure(exposure);
    cube.write(&ours).unwrap();
    assert_eq!(assert_same_cube(&ours, &tools).cube.total(), 209.0);
    let keywords =
        ["PIXTYPE", "ORDERING", "ORDER", "NSIDE", "COORDSYS", "FIRSTPIX", "LASTPIX", "INDXSCHM", "HPX_REG", "NAXIS2"];
    assert_same_keywords(&ours, &tools, 1, &keywords);
    // The tool writes the cuts into this table too, without their number.
    assert_same_keywords(&ours, &tools, 1, &CUTS[1..]);
    assert_same_keywords(&ours, &tools, 0, &CUTS);
    assert_same_exposure(&ours, &tools);
}

#[test]
fn a_light_curve_has_the_counts_of_gtbin_in_every_bin() {
    let (Some((photons, spacecraft)), Some(tools)) = (observation(), real_data("gtbin_lc.fits.gz")) else { return };
    let selection = marked(&photons, &spacecraft);
    let bins = TimeBinning::linear(538_032_601.0, 538_079_602.0, 5400.0).unwrap();
    let curve = lat_events::bin_light_curve(&selection, &bins).unwrap();
    let exposure = lat_events::livetime_within(&spacecraft, &curve.good_times()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("lc.fits");
    curve.with_exposure(exposure).write(&ours).unwrap();
    let [a, b] = [&ours, &tools].map(|path| {
        let file = FitsFile::open(path).unwrap();
        file.read_columns(file.table("RATE").unwrap(), ["TIME", "TIMEDEL", "COUNTS", "ERROR"]).unwrap()
    });
    assert_eq!(a, b);
    assert_same_keywords(&ours, &tools, 1, &["TSTART", "TSTOP", "HDUCLAS1", "HDUCLAS3"]);
    assert_same_keywords(&ours, &tools, 1, &CUTS);
    assert_same_exposure(&ours, &tools);
}
