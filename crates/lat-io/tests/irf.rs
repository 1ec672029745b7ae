//! Response functions and livetime cubes: the LAT's own files against what the LAT tools made of them, made-up files, damaged ones.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "clippy takes the helpers of a test for library code"
)]

use std::path::{Path, PathBuf};

use fixtures::real_data;
use lat_io::{Column, ColumnValues, Error, FitsWriter, Header};
use lat_response::{Irf, ObservedExposure, ObservedIrfs, ObservedPsf, OnAxisWidth, response_matrix};
use roi_model::SkyDirection;

fn pass7(folder: &Path) -> Vec<Irf> {
    lat_io::read_irf_set(folder, "P7SOURCE_V6", 3).unwrap()
}

#[test]
fn the_exposure_of_the_lat_tools_is_met_to_their_precision() {
    let Some(folder) = real_data("crab-p7v6") else { return };
    let livetime = lat_io::read_livetime_cube(&folder.join("ltcube.fits.gz")).unwrap();
    let reference = lat_io::read_exposure(&folder.join("binned_expmap.fits.gz")).unwrap();
    let reference = reference.cube();
    let irfs = pass7(&folder);
    assert_eq!(irfs.iter().map(|irf| irf.event_type.as_str()).collect::<Vec<_>>(), ["FRONT", "BACK"]);
    let exposure = ObservedExposure::new(ObservedIrfs::new(&livetime, &irfs), reference.energies()).unwrap();
    let cube = exposure.cube(reference.grid().clone()).unwrap();
    let mut worst: f64 = 0.0;
    for (found, expected) in cube.planes().iter().zip(reference.planes()) {
        worst = worst.max(f64::from((found / expected - 1.0).abs()));
    }
    println!("largest relative difference {worst:.1e}");
    // Both are stored in 32-bit floats.
    assert!(worst < 3e-7, "{worst}");
}

#[test]
fn the_mean_psf_of_pass_7_is_the_one_of_an_independent_calculation() {
    let Some(folder) = real_data("crab-p7v6") else { return };
    let livetime = lat_io::read_livetime_cube(&folder.join("ltcube.fits.gz")).unwrap();
    let crab = SkyDirection::new(83.6331, 22.0145).unwrap();
    let energies = [100.0, 316.2, 1000.0, 1e4];
    let mean = ObservedPsf::new(ObservedIrfs::new(&livetime, &pass7(&folder)), &crab, &energies).unwrap();
    // From a script of its own (numpy): exposure, and the PSF at the separations 0 and nodes 200 and 300.
    let expected = [
        (155_928_288.446, [92.047_250_7, 91.872_352_4, 33.637_791_8]),
        (490_554_086.330, [618.381_133, 611.025_184, 33.413_235_7]),
        (689_409_976.163, [3_828.858_82, 3_575.359_41, 11.490_72]),
        (826_753_333.221, [49_386.983_5, 24_096.324_3, 1.506_915_93]),
    ];
    for ((index, energy), (exposure, values)) in energies.iter().enumerate().zip(expected) {
        approx::assert_relative_eq!(mean.exposure[index], exposure, max_relative = 1e-7);
        let psf = mean.psf.at_energy(*energy).unwrap();
        for (node, value) in [0, 200, 300].into_iter().zip(values) {
            approx::assert_relative_eq!(psf.nodes().1[node], value, max_relative = 1e-6);
        }
    }
}

#[test]
fn the_response_matrix_of_pass_7_is_the_one_of_an_independent_calculation() {
    let Some(folder) = real_data("crab-p7v6") else { return };
    let livetime = lat_io::read_livetime_cube(&folder.join("ltcube.fits.gz")).unwrap();
    let counts = lat_io::read_counts_cube(&folder.join("cntmap.fits.gz")).unwrap();
    let crab = SkyDirection::new(83.6331, 22.0145).unwrap();
    let edges = counts.cube.axis().edges();
    let matrix = response_matrix(ObservedIrfs::new(&livetime, &pass7(&folder)), &crab, edges, 1).unwrap();
    assert_eq!(matrix.dim(), (22, 20));
    // From a script of its own (numpy), which sums the densities over 40000 steps: rows, their sums, and elements from a column on.
    let expected: [(usize, f64, usize, &[f64]); 5] = [
        (0, 0.211_456_963, 0, &[0.185_665_9, 0.022_580_48]),
        (1, 0.657_716_805, 0, &[0.464_405_9, 0.170_545_4, 0.019_859_41]),
        (8, 0.999_601_291, 5, &[0.033_346_64, 0.228_095_7, 0.621_307_2, 0.093_930_38, 0.008_689_468]),
        (20, 0.966_162_118, 17, &[0.010_416_05, 0.090_454_62, 0.861_171_6]),
        (21, 0.100_185_021, 18, &[0.010_245_11, 0.085_742_89]),
    ];
    for (row, sum, first, values) in expected {
        approx::assert_relative_eq!(matrix.row(row).sum(), sum, max_relative = 1e-5);
        for (column, value) in (first..).zip(values) {
            approx::assert_relative_eq!(matrix[[row, column]], *value, max_relative = 1e-4);
        }
    }
}

#[test]
fn a_livetime_cube_of_one_sky_has_the_same_time_everywhere() {
    let Some(folder) = real_data("fermitools-roi") else { return };
    let cube = lat_io::read_livetime_cube(&folder.join("ltcube.fits.gz")).unwrap();
    for (ra, dec) in [(0.0, 90.0), (83.63, 22.01), (266.4, -29.0), (359.9, -89.9)] {
        let at = cube.at(&SkyDirection::new(ra, dec).unwrap()).unwrap();
        let total: f64 = at.times().sum();
        let weighted: f64 = at.weighted().unwrap().sum();
        approx::assert_relative_eq!(total, 2.730_28e7, max_relative = 1e-5);
        approx::assert_relative_eq!(weighted / total, 0.92, max_relative = 1e-5);
    }
}

/// A column of one row.
fn vector(name: &str, unit: &str, values: &[f64]) -> Column {
    let values = values.iter().map(|&value| value as f32).collect::<Vec<_>>();
    Column { name: name.into(), unit: unit.into(), values: ColumnValues::FloatVectors { width: values.len(), values } }
}

fn grid_columns() -> Vec<Column> {
    vec![
        vector("ENERG_LO", "MeV", &[10.0, 1e3]),
        vector("ENERG_HI", "MeV", &[1e3, 1e5]),
        vector("CTHETA_LO", "", &[0.2, 0.6]),
        vector("CTHETA_HI", "", &[0.6, 1.0]),
    ]
}

fn table(writer: &mut FitsWriter, name: &str, columns: Vec<Column>) {
    let all = grid_columns().into_iter().chain(columns).collect::<Vec<_>>();
    writer.table(name, &Header::default(), &all).unwrap();
}

/// A Pass 8 set of a partition in `folder`: each event type has twice the effective area of the one before.
fn write_pass8(folder: &Path, partition: &str, types: &[&str]) {
    let create = |kind: &str| FitsWriter::create(folder.join(format!("{kind}_P8TEST_V1_{partition}.fits"))).unwrap();
    let (mut aeff, mut psf, mut edisp) = (create("aeff"), create("psf"), create("edisp"));
    for (index, event_type) in types.iter().enumerate() {
        let area = 0.1 * f64::from(1 << index);
        table(&mut aeff, &format!("EFFECTIVE AREA_{event_type}"), vec![vector("EFFAREA", "m2", &[area; 4])]);
        let rows = ColumnValues::FloatVectors {
            width: 6,
            values: vec![0.0, -0.5, 0.0, 2.0, 0.0, 4.0, 0.0, 1.5, 0.0, 2.0, 0.0, 4.0],
        };
        let efficiency = Column { name: "EFFICIENCY_PARS".into(), unit: String::new(), values: rows };
        aeff.table(&format!("EFFICIENCY_PARAMS_{event_type}"), &Header::default(), &[efficiency]).unwrap();
        let king = [("NCORE", 1.0), ("NTAIL", 0.1), ("SCORE", 0.5), ("STAIL", 1.0), ("GCORE", 2.0), ("GTAIL", 1.8)];
        table(
            &mut psf,
            &format!("RPSF_{event_type}"),
            king.iter().map(|(name, value)| vector(name, "", &[*value; 4])).collect(),
        );
        let scaling = vector("PSFSCALE", "", &[0.06 / f64::from(1 << index), 0.001, -0.8]);
        psf.table(&format!("PSF_SCALING_PARAMS_{event_type}"), &Header::default(), &[scaling]).unwrap();
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
        let columns = shape.iter().map(|(name, value)| vector(name, "", &[*value; 4])).collect();
        table(&mut edisp, &format!("ENERGY DISPERSION_{event_type}"), columns);
        let scaling = vector("EDISPSCALE", "", &[0.02, 0.06, -0.2, -0.2, 0.04, 0.56]);
        edisp.table(&format!("EDISP_SCALING_PARAMS_{event_type}"), &Header::default(), &[scaling]).unwrap();
    }
    for writer in [aeff, psf, edisp] {
        writer.finish().unwrap();
    }
}

#[test]
fn pass_8_sets_are_read_by_event_type() {
    let folder = tempfile::tempdir().unwrap();
    write_pass8(folder.path(), "FB", &["FRONT", "BACK"]);
    write_pass8(folder.path(), "PSF", &["PSF0", "PSF1", "PSF2", "PSF3"]);
    let names = |evtype: u32| {
        let irfs = lat_io::read_irf_set(folder.path(), "P8TEST_V1", evtype).unwrap();
        irfs.into_iter().map(|irf| irf.event_type).collect::<Vec<_>>()
    };
    assert_eq!(names(3), ["FRONT", "BACK"]);
    assert_eq!(names(2), ["BACK"]);
    assert_eq!(names(4 + 32), ["PSF0", "PSF3"]);

    let irfs = lat_io::read_irf_set(folder.path(), "P8TEST_V1", 60).unwrap();
    for (index, irf) in irfs.iter().enumerate() {
        approx::assert_relative_eq!(
            irf.effective_area.value(500.0, 0.7),
            1e3 * f64::from(1 << index),
            max_relative = 1e-6
        );
        let (f1, f2) = irf.effective_area.livetime_factors(500.0);
        assert!((f1 - 1.5).abs() < 1e-6 && (f2 + 0.5).abs() < 1e-6);
        assert!(irf.dispersion.is_some());
    }
    // A smaller scaling is a narrower PSF.
    assert!(irfs[3].psf.value(0.0, 100.0, 0.8) > 10.0 * irfs[0].psf.value(0.0, 100.0, 0.8));
    let density = irfs[0].dispersion.as_ref().unwrap().density(1000.0, 1000.0, 0.8, OnAxisWidth::OwnCosine).unwrap();
    assert!(density > 1e-3, "{density}");

    for evtype in [0, 1 + 4, 1024] {
        let error = lat_io::read_irf_set(folder.path(), "P8TEST_V1", evtype).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    }
    assert!(matches!(lat_io::read_irf_set(folder.path(), "P8TEST_V2", 3), Err(Error::NotFound { .. })));
    assert!(matches!(lat_io::read_irf_set(folder.path(), "P8TEST_V1", 64), Err(Error::NotFound { .. })));
}

#[test]
fn a_calibration_database_is_searched_and_dispersion_may_be_absent() {
    let folder = tempfile::tempdir().unwrap();
    write_pass8(folder.path(), "FB", &["FRONT", "BACK"]);
    let bcf = folder.path().join("data/glast/lat/bcf");
    for (kind, place) in [("aeff", "ea"), ("psf", "psf")] {
        std::fs::create_dir_all(bcf.join(place)).unwrap();
        let name = format!("{kind}_P8TEST_V1_FB.fits");
        std::fs::rename(folder.path().join(&name), bcf.join(place).join(&name)).unwrap();
    }
    std::fs::remove_file(folder.path().join("edisp_P8TEST_V1_FB.fits")).unwrap();
    let irfs = lat_io::read_irf_set(folder.path(), "P8TEST_V1", 1).unwrap();
    assert_eq!(irfs.len(), 1);
    assert!(irfs[0].dispersion.is_none());
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let Some(folder) = real_data("crab-p7v6") else { return };
    let file = |kind: &str, side: &str| folder.join(format!("{kind}_P7SOURCE_V6_{side}.fits.gz"));
    let error = lat_io::read_irf(&file("aeff", "front"), &file("psf", "back"), None).unwrap_err().to_string();
    assert!(error.contains("BACK") && error.contains("FRONT") && error.contains("psf_P7SOURCE_V6_back"), "{error}");
    let error = lat_io::read_irf(&file("psf", "front"), &file("psf", "front"), None).unwrap_err().to_string();
    assert!(error.contains("EFFECTIVE AREA"), "{error}");
}

#[test]
fn damaged_responses_end_in_errors_that_name_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    write_pass8(folder.path(), "FB", &["FRONT"]);
    let psf = path("psf_P8TEST_V1_FB.fits");
    let with_area = |name: &str, columns: Vec<Column>| {
        let mut writer = FitsWriter::create(path(name)).unwrap();
        table(&mut writer, "EFFECTIVE AREA_FRONT", columns);
        writer.finish().unwrap();
        lat_io::read_irf(&path(name), &psf, None)
    };
    assert!(with_area("good.fits", vec![vector("EFFAREA", "m2", &[0.1; 4])]).is_ok());
    let error = |name: &str, columns| with_area(name, columns).unwrap_err().to_string();
    assert!(error("short.fits", vec![vector("EFFAREA", "m2", &[0.1; 3])]).contains("short.fits"));
    assert!(error("nan.fits", vec![vector("EFFAREA", "m2", &[0.1, f64::NAN, 0.1, 0.1])]).contains("bin 1"));
    assert!(error("negative.fits", vec![vector("EFFAREA", "m2", &[0.1, -0.1, 0.1, 0.1])]).contains("at least 0"));
    assert!(error("unit.fits", vec![vector("EFFAREA", "cm2", &[0.1; 4])]).contains("m2"));
    assert!(error("none.fits", Vec::new()).contains("EFFAREA"));
    let bytes = std::fs::read(path("good.fits")).unwrap();
    std::fs::write(path("cut.fits"), &bytes[..bytes.len() - 2880]).unwrap();
    assert!(lat_io::read_irf(&path("cut.fits"), &psf, None).is_err());
}

/// What spoils a header.
type Spoil = fn(&mut Header);

/// A livetime cube of NSIDE 1 with 2 bins; `change` may spoil its header.
fn write_livetime(path: &Path, times: &[f32], width: usize, change: &dyn Fn(&mut Header)) {
    let mut header = Header::default();
    header.set("ORDERING", "NESTED", "");
    header.set("COORDSYS", "EQU", "");
    header.set("NSIDE", 1, "");
    header.set("THETABIN", "SQRT(1-COSTHETA)", "");
    header.set("NBRBINS", 2, "");
    header.set("COSMIN", 0.0, "");
    change(&mut header);
    let values = ColumnValues::FloatVectors { width, values: times.to_vec() };
    let mut writer = FitsWriter::create(path).unwrap();
    writer.table("EXPOSURE", &header, &[Column { name: "COSBINS".into(), unit: "s".into(), values }]).unwrap();
    writer.finish().unwrap();
}

#[test]
fn livetime_cubes_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ltcube.fits");
    let north = SkyDirection::new(0.0, 89.0).unwrap();
    write_livetime(&path, &[5.0; 24], 2, &|_| {});
    assert_eq!(lat_io::read_livetime_cube(&path).unwrap().at(&north).unwrap().times().sum::<f64>(), 10.0);
    // Bins of azimuth follow those of the cosine alone.
    let row = [5.0, 4.0, 2.0, 0.5, 3.0, 0.0, 0.0, 3.5];
    write_livetime(&path, &row.repeat(12), 8, &|h| h.set("PHIBINS", 3, ""));
    let by_azimuth = lat_io::read_livetime_cube(&path).unwrap();
    assert_eq!(by_azimuth.at(&north).unwrap().times().collect::<Vec<_>>(), [2.0, 0.5, 3.0, 0.0, 0.0, 3.5]);
    assert_eq!(by_azimuth.at(&north).by_inclination(), [5.0, 4.0]);
    for n in [0, 2, 4] {
        write_livetime(&path, &row.repeat(12), 8, &|h| h.set("PHIBINS", n, ""));
        let error = lat_io::read_livetime_cube(&path).unwrap_err().to_string();
        assert!(error.contains("COSBINS") && error.contains("PHIBINS"), "{error}");
    }

    let spoiled: [(&str, Spoil); 7] = [
        ("PHIBINS", |h| h.set("PHIBINS", -1, "")),
        ("ORDERING", |h| h.set("ORDERING", "SPIRAL", "")),
        ("COORDSYS", |h| h.set("COORDSYS", "ECL", "")),
        ("NSIDE", |h| h.set("NSIDE", -1, "")),
        ("NBRBINS", |h| h.set("NBRBINS", 0, "")),
        ("THETABIN", |h| h.set("THETABIN", "LINEAR", "")),
        ("COSMIN", |h| h.set("COSMIN", 1.0, "")),
    ];
    for (keyword, spoil) in spoiled {
        write_livetime(&path, &[5.0; 24], 2, &spoil);
        let error = lat_io::read_livetime_cube(&path).unwrap_err().to_string();
        assert!(error.contains(keyword) && error.contains("ltcube.fits"), "{error}");
    }
    for (times, width) in [(vec![5.0; 36], 3), (vec![5.0; 22], 2), (vec![-1.0; 24], 2), (vec![f32::NAN; 24], 2)] {
        write_livetime(&path, &times, width, &|_| {});
        assert!(lat_io::read_livetime_cube(&path).is_err(), "{width} {}", times.len());
    }
}

#[test]
fn the_dependence_on_the_azimuth_is_read() {
    let Some(folder) = real_data("crab-p7v6") else { return };
    let area = &pass7(&folder)[0].effective_area;
    // PHIDEP0 of the bins of 100 and 178 MeV, cosine 0.2 to 0.3: the area at a side over that at a corner, less 1.
    for (energy, expected) in [(130.0, -0.136_369_556), (200.0, -0.5)] {
        let [side, corner] = [0.0, std::f64::consts::FRAC_PI_4].map(|azimuth| area.at(energy, 0.25, Some(azimuth)));
        approx::assert_relative_eq!(side / corner - 1.0, expected, max_relative = 1e-6);
        assert!(side < area.value(energy, 0.25) && area.value(energy, 0.25) < corner);
    }
    assert_eq!(area.at(130.0, 0.25, None), area.value(130.0, 0.25));
    // Made-up files have none.
    let folder = tempfile::tempdir().unwrap();
    write_pass8(folder.path(), "FB", &["FRONT"]);
    let area = &lat_io::read_irf_set(folder.path(), "P8TEST_V1", 1).unwrap()[0].effective_area;
    assert_eq!(area.at(130.0, 0.7, Some(0.0)), area.value(130.0, 0.7));
}

#[test]
fn the_pixels_of_a_map_take_the_livetime_of_their_place() {
    let Some(folder) = real_data("crab-p7v6") else { return };
    let livetime = lat_io::read_livetime_cube(&folder.join("ltcube.fits.gz")).unwrap();
    let counts = lat_io::read_counts_cube(&folder.join("cntmap.fits.gz")).unwrap();
    let grid = counts.grid;
    let crab = SkyDirection::new(83.6331, 22.0145).unwrap();
    let irfs = pass7(&folder);
    let exposure = ObservedExposure::new(ObservedIrfs::new(&livetime, &irfs), &[1000.0]).unwrap();
    let pixel = grid.pixel(&crab).unwrap();
    let cube = exposure.cube(grid).unwrap();
    approx::assert_relative_eq!(
        f64::from(cube.planes()[[0, pixel]]),
        exposure.at(&crab).unwrap()[0],
        max_relative = 1e-6
    );
}
