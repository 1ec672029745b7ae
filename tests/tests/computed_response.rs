//! A region without exposure, PSF and energy dispersion files: all three are computed from a livetime cube and response functions, made up
//! here in the layout of Pass 8. It must fit like the same region with those files.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::cast_possible_truncation, reason = "FITS tables and counts hold 32-bit floats")]

use std::path::Path;

use fixtures::{isotropic_xml, library_xml, point_source_xml, power_law_xml, write_drm};
use lat_io::{Column, ColumnValues, CountsCubeFile, FitsWriter, Header};
use lat_response::{
    Exposure, ExposureLookup, Frame, ObservedExposure, ObservedIrfs, ObservedPsf, SkyGrid, WcsGrid, WcsHeader,
    plane_energies, response_matrix,
};
use likelihood_core::{CountsCube, EnergyAxis};
use ndarray::Array3;
use roi_fit::{Analysis, FitOptions, FitResult};

const CENTER: [f64; 2] = [83.6, 22.0];
const COUNTS_PIXEL: f64 = 0.25;
fn model() -> String {
    let [source, isotropic] = [("1e-11", 2.1), ("1e-9", 2.3)]
        .map(|(scale, index)| power_law_xml([1.0, index, 1000.0], scale, 0.001, scale == "1e-11"));
    library_xml(&[point_source_xml("source", CENTER, &source), isotropic_xml("isotropic", &isotropic)])
}

fn axis() -> EnergyAxis {
    EnergyAxis::new((0..=6).map(|k| 250.0 * 2f64.powi(k)).collect()).unwrap()
}

fn column(name: &str, unit: &str, width: usize, values: &[f64]) -> Column {
    let values = values.iter().map(|&value| value as f32).collect();
    Column { name: name.into(), unit: unit.into(), values: ColumnValues::FloatVectors { width, values } }
}

/// A table of response functions: a row, and its grid of energies and inclinations.
fn table(writer: &mut FitsWriter, name: &str, columns: &[(&str, &str, [f64; 4])]) {
    let grid = [
        ("ENERG_LO", "MeV", [10.0, 1e3]),
        ("ENERG_HI", "MeV", [1e3, 1e5]),
        ("CTHETA_LO", "", [0.2, 0.6]),
        ("CTHETA_HI", "", [0.6, 1.0]),
    ];
    let grid = grid.iter().map(|(name, unit, values)| column(name, unit, 2, values));
    let columns = columns.iter().map(|(name, unit, values)| column(name, unit, 4, values));
    writer.table(name, &Header::default(), &grid.chain(columns).collect::<Vec<_>>()).unwrap();
}

/// Response functions of front- and back-converting events; `area` multiplies the effective area.
fn write_irfs(folder: &Path, area: f64) {
    let create = |kind: &str| FitsWriter::create(folder.join(format!("{kind}_P8TEST_V1_FB.fits"))).unwrap();
    let (mut aeff, mut psf, mut edisp) = (create("aeff"), create("psf"), create("edisp"));
    for (event_type, factor) in [("FRONT", 1.0), ("BACK", 2.0)] {
        let areas = [0.05, 0.2, 0.1, 0.4].map(|square_meters| area * factor * square_meters);
        table(&mut aeff, &format!("EFFECTIVE AREA_{event_type}"), &[("EFFAREA", "m2", areas)]);
        let rows = [0.0, -0.1, 0.0, 1.1, 0.0, 4.0, 0.0, 0.1, 0.0, 0.9, 0.0, 4.0];
        let efficiency = column("EFFICIENCY_PARS", "", 6, &rows);
        aeff.table(&format!("EFFICIENCY_PARAMS_{event_type}"), &Header::default(), &[efficiency]).unwrap();
        let king = [("NCORE", 1.0), ("NTAIL", 0.1), ("SCORE", 0.5), ("STAIL", 1.0), ("GCORE", 2.0), ("GTAIL", 1.8)];
        table(&mut psf, &format!("RPSF_{event_type}"), &king.map(|(name, value)| (name, "", [value; 4])));
        let scaling = column("PSFSCALE", "", 3, &[0.06 * factor, 0.001, -0.8]);
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
        table(
            &mut edisp,
            &format!("ENERGY DISPERSION_{event_type}"),
            // Broader at large inclinations, so that it depends on the livetime and with it on the direction.
            &shape.map(|(name, value)| (name, "", if name == "S1" { [1.2, 1.2, 0.5, 0.5] } else { [value; 4] })),
        );
        let scaling = column("EDISPSCALE", "", 6, &[0.02, 0.06, -0.2, -0.2, 0.04, 0.56]);
        edisp.table(&format!("EDISP_SCALING_PARAMS_{event_type}"), &Header::default(), &[scaling]).unwrap();
    }
    for writer in [aeff, psf, edisp] {
        writer.finish().unwrap();
    }
}

/// A livetime cube of 12 pixels whose times differ; `time` multiplies them.
fn write_livetime(path: &Path, time: f64) {
    let mut header = Header::default();
    for (keyword, text) in [("ORDERING", "NESTED"), ("COORDSYS", "EQU"), ("THETABIN", "SQRT(1-COSTHETA)")] {
        header.set(keyword, text, "");
    }
    header.set("NSIDE", 1, "");
    header.set("NBRBINS", 4, "");
    header.set("COSMIN", 0.0, "");
    let times: Vec<f64> = (0..48).map(|i| time * 1e7 * f64::from(1 + i * i % 11)).collect();
    let weighted: Vec<f64> = times.iter().map(|time| 0.9 * time).collect();
    let mut writer = FitsWriter::create(path).unwrap();
    writer.table("EXPOSURE", &header, &[column("COSBINS", "s", 4, &times)]).unwrap();
    writer.table("WEIGHTED_EXPOSURE", &header, &[column("COSBINS", "s", 4, &weighted)]).unwrap();
    writer.finish().unwrap();
}

fn counts() -> CountsCubeFile {
    let n = 24;
    let header = WcsHeader::centered([n, n], COUNTS_PIXEL, Frame::Celestial, "AIT", CENTER);
    let counts = Array3::from_shape_fn((axis().n_bins(), n, n), |(k, y, x)| {
        let from_center = |i: usize| (i as f64 - 11.5) * COUNTS_PIXEL;
        let width = 1.2 / (1.0 + k as f64);
        let squared = (from_center(x).powi(2) + from_center(y).powi(2)) / (2.0 * width * width);
        ((12.0 * (-squared).exp() + 3.0 / (1.0 + k as f64).powi(2) + ((x + 3 * y + k) % 3) as f64 / 2.0).floor()) as f32
    });
    let cube = CountsCube::new(axis(), counts).unwrap();
    CountsCubeFile { cube, grid: SkyGrid::wcs(header).unwrap(), gti: Vec::new() }
}

/// A region with livetime and response functions, but no product other than the counts.
fn region(edisp: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    lat_io::write_counts_cube(&folder.path().join("ccube_00.fits"), &counts()).unwrap();
    write_irfs(folder.path(), 1.0);
    write_livetime(&folder.path().join("ltcube_00.fits"), 1.0);
    std::fs::write(folder.path().join("srcmdl_00.xml"), model()).unwrap();
    let config = format!("selection: {{evtype: 3}}\ngtlike: {{irfs: P8TEST_V1, {edisp}}}\nfiles: {{irfs: .}}\n");
    std::fs::write(folder.path().join("config.yaml"), config).unwrap();
    folder
}

/// Exposure, PSF and response matrix as files, in place of livetime and response functions.
fn replace_by_products(folder: &Path) {
    let livetime = lat_io::read_livetime_cube(&folder.join("ltcube_00.fits")).unwrap();
    let irfs = lat_io::read_irf_set(folder, "P8TEST_V1", 3).unwrap();
    let energies = plane_energies(&axis(), 1).unwrap();
    let sky = WcsHeader::centered([360, 180], 1.0, Frame::Celestial, "CAR", [0.0, 0.0]);
    let observed = ObservedExposure::new(ObservedIrfs::new(&livetime, &irfs), &energies).unwrap();
    let cube = observed.cube(SkyGrid::Wcs(WcsGrid::new(sky).unwrap())).unwrap();
    let cube = Exposure::new(cube, ExposureLookup::Fermitools).unwrap();
    lat_io::write_exposure(&folder.join("bexpmap_00.fits"), &cube).unwrap();

    let center = counts().grid.reference_direction().unwrap();
    let psf = ObservedPsf::new(ObservedIrfs::new(&livetime, &irfs), &center, &energies).unwrap().psf;
    let doubles = |name: &str, width: usize, values: Vec<f64>| Column {
        name: name.into(),
        unit: String::new(),
        values: ColumnValues::Doubles { width, values },
    };
    let mut writer = FitsWriter::create(folder.join("psf_00.fits")).unwrap();
    let values = psf.values().iter().copied().collect();
    let columns = [doubles("Energy", 1, energies.clone()), doubles("Psf", psf.thetas().len(), values)];
    writer.table("PSF", &Header::default(), &columns).unwrap();
    writer.table("THETA", &Header::default(), &[doubles("Theta", 1, psf.thetas().to_vec())]).unwrap();
    writer.finish().unwrap();

    let matrix = response_matrix(ObservedIrfs::new(&livetime, &irfs), &center, axis().edges(), 1).unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "the format holds 32-bit floats")]
    let rows: Vec<Vec<f32>> = matrix.outer_iter().map(|row| row.iter().map(|&value| value as f32).collect()).collect();
    write_drm(&folder.join("drm_00.fits"), &energies, &rows);

    std::fs::remove_file(folder.join("ltcube_00.fits")).unwrap();
    for kind in ["aeff", "psf", "edisp"] {
        std::fs::remove_file(folder.join(format!("{kind}_P8TEST_V1_FB.fits"))).unwrap();
    }
}

fn fit(folder: &Path) -> FitResult {
    let mut analysis = Analysis::open(folder.join("config.yaml")).unwrap();
    let mut options = FitOptions::default();
    options.tol = 1e-9;
    let result = analysis.fit(&options).unwrap();
    assert_eq!(result.fit_quality, 3, "{}", result.message);
    result
}

#[test]
fn a_computed_response_fits_like_the_files_of_it() {
    let mut norms = Vec::new();
    for edisp in ["edisp: false", "edisp_bins: 1", "edisp_bins: -1"] {
        let computed = region(edisp);
        let files = region(edisp);
        replace_by_products(files.path());
        let (computed, files) = (fit(computed.path()), fit(files.path()));
        assert_eq!(computed.values.len(), 3);
        approx::assert_relative_eq!(computed.loglike, files.loglike, max_relative = 1e-6);
        for (a, b) in computed.values.iter().zip(&files.values).chain(computed.errors.iter().zip(&files.errors)) {
            approx::assert_relative_eq!(a, b, max_relative = 1e-6);
        }
        println!("{edisp}: -lnL {:.6} and {:.6}, {:?}", -computed.loglike, -files.loglike, computed.values);
        norms.push(computed.values[0]);
    }
    // Energy dispersion makes a difference here.
    assert!(norms[1..].iter().all(|norm| (norm / norms[0] - 1.0).abs() > 1e-3), "{norms:?}");
}

#[test]
fn maps_are_made_anew_when_livetime_or_response_change() {
    let folder = region("edisp: false");
    let path = |name: &str| folder.path().join(name);
    let unmade = || {
        let loaded = lat_dataset::load(&path("config.yaml")).unwrap();
        loaded.observation.components[0].unmade(loaded.roi.sources()).unwrap().len()
    };
    assert_eq!(unmade(), 2);
    let before = fit(folder.path());
    assert_eq!(unmade(), 0, "the maps are kept");

    write_livetime(&path("ltcube_00.fits"), 2.0);
    assert_eq!(unmade(), 2, "another livetime");
    let after = fit(folder.path());
    for (a, b) in before
        .values
        .iter()
        .zip(&after.values)
        .zip(&before.par_names)
        .filter_map(|(pair, name)| (name == "Prefactor").then_some(pair))
    {
        approx::assert_relative_eq!(a / b, 2.0, max_relative = 1e-5);
    }
    assert_eq!(unmade(), 0);
    write_irfs(folder.path(), 0.5);
    assert_eq!(unmade(), 2, "another effective area");
    write_irfs(folder.path(), 1.0);
    assert_eq!(unmade(), 0);
    let config = std::fs::read_to_string(path("config.yaml")).unwrap();
    std::fs::write(path("config.yaml"), config.replace("evtype: 3", "evtype: 1")).unwrap();
    assert_eq!(unmade(), 2, "other event types");
}

#[test]
fn what_is_missing_is_told_with_its_key() {
    let folder = region("edisp_bins: -1");
    let path = |name: &str| folder.path().join(name);
    let config = std::fs::read_to_string(path("config.yaml")).unwrap();
    let fails = |config: &str, there: &[&str], not_there: &[&str]| {
        std::fs::write(path("config.yaml"), config).unwrap();
        let error = lat_dataset::load(&path("config.yaml")).map(drop).unwrap_err().to_string();
        assert!(there.iter().all(|text| error.contains(text)), "{there:?} in: {error}");
        assert!(!not_there.iter().any(|text| error.contains(text)), "none of {not_there:?} in: {error}");
    };
    let (livetime, name, directory) = ("files: {ltcube: PATH}", "gtlike: {irfs: NAME}", "files: {irfs: PATH}");
    // Without energy dispersion the maps are what it is needed for.
    let off = config.replace("edisp_bins: -1", "edisp: false");
    for config in [&config, &off] {
        fails(&config.replace("irfs: P8TEST_V1, ", ""), &[name], &[livetime, directory]);
        fails(&config.replace("irfs: P8TEST_V1, ", "irfs: CALDB, "), &[name], &[livetime, directory]);
        if std::env::var_os("CALDB").is_none() {
            fails(&config.replace("files: {irfs: .}", ""), &[directory], &[livetime, name]);
        }
        std::fs::rename(path("ltcube_00.fits"), path("lt.fits")).unwrap();
        fails(config, &[livetime, "ltcube_00.fits", "files: {"], &[name, directory]);
        // fermipy's own key.
        std::fs::write(path("config.yaml"), format!("{config}data: {{ltcube: lt.fits}}\n")).unwrap();
        lat_dataset::load(&path("config.yaml")).unwrap();
        std::fs::rename(path("lt.fits"), path("ltcube_00.fits")).unwrap();
    }
    fails(&config.replace("irfs: .}", "irfs: nowhere}"), &["nowhere", "does not exist"], &[]);
    fails(&config.replace("irfs: .}", "irfs: ., ltcube: gone.fits}"), &["gone.fits", "does not exist"], &[]);
    fails(&config.replace("P8TEST_V1", "P8TEST_V2"), &["aeff_P8TEST_V2_FB.fits"], &[]);
    fails(&config.replace("evtype: 3", "evtype: 5"), &["evtype 5"], &[]);
    fails(&config.replace("evtype: 3", "evtype: -3"), &["selection.evtype"], &[]);
    fails(&config.replace("evtype: 3", "convtype: 7"), &["selection.convtype"], &[]);
    fails(&config.replace("edisp_bins: -1", "edisp_bins: 1000000000"), &["edisp_bins 1000000000"], &[]);
    std::fs::remove_file(path("edisp_P8TEST_V1_FB.fits")).unwrap();
    fails(&config, &["FRONT", "dispersion"], &[]);
}
