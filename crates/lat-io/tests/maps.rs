//! Exposure, PSF, diffuse maps and profiles: real files hold what other programs read in them, odd headers are understood, bad data refused.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::path::{Path, PathBuf};

use fixtures::real_data;
use lat_io::{Column, ColumnValues, Error, FitsWriter, Header};
use lat_response::{Frame, SkyCube, SkyGrid, WcsGrid, WcsHeader};
use ndarray::{Array2, Array3};
use roi_model::SkyDirection;

/// Facts read in the real files with astropy: shape, first and last energy, sum of all pixels, the pixel at (planes/2, ny/3, nx/4).
type Facts = (&'static str, [usize; 3], [f64; 2], f64, f32);

const MAPS: [Facts; 4] = [
    ("fermitools-roi/galdiff.fits.gz", [24, 361, 720], [49.99999999999999, 1e6], 0.545867920944093, 7.2048413e-12),
    ("fermitools-roi/wmap.fits.gz", [30, 100, 100], [114.27521514892578, 262524.125], 184215.50684874505, 0.749_332_84),
    (
        "gc-3fhl/gll_iem_v06_gc.fits.gz",
        [30, 64, 120],
        [58.4731330871582, 513056.15625],
        0.11803847221522712,
        6.71472e-10,
    ),
    ("crab-400gev/wcube_00.fits", [4, 10, 10], [501187.2336272717, 1995262.31496888], 400.0, 1.0),
];

const EXPOSURES: [Facts; 4] = [
    (
        "fermitools-roi/bexpmap.fits.gz",
        [35, 90, 180],
        [58.63972383946079, 511598.5894157947],
        6.7503511738368e+16,
        137783345152.0,
    ),
    (
        "gc-3fhl/fermi-3fhl-gc-exposure-cube.fits.gz",
        [12, 200, 400],
        [10000.0, 500000.0000000001],
        3.129498700654838e+17,
        328215363584.0,
    ),
    (
        "crab-400gev/bexpmap_00.fits",
        [5, 180, 360],
        [398107.1705534969, 2511886.4315095823],
        4.028428323436134e+16,
        132437614592.0,
    ),
    ("crab-p7v6/binned_expmap.fits.gz", [21, 30, 30], [100.0, 10000.000000000004], 11812800626272.0, 693292224.0),
];

fn check(cube: &SkyCube, (name, [nz, ny, nx], [first, last], sum, pixel): Facts) {
    let planes = cube.planes();
    assert_eq!(planes.dim(), (nz, ny * nx), "{name}");
    assert_eq!((cube.energies()[0], *cube.energies().last().unwrap()), (first, last), "{name}");
    approx::assert_relative_eq!(planes.iter().map(|&v| f64::from(v)).sum::<f64>(), sum, max_relative = 1e-12);
    assert_eq!(planes[[nz / 2, (ny / 3) * nx + nx / 4]], pixel, "{name}");
}

#[test]
fn real_maps_hold_what_astropy_reads_in_them() {
    for facts in MAPS {
        let Some(path) = real_data(facts.0) else { continue };
        check(&lat_io::read_map_cube(&path).unwrap(), facts);
    }
    for facts in EXPOSURES {
        let Some(path) = real_data(facts.0) else { continue };
        check(lat_io::read_exposure(&path).unwrap().cube(), facts);
    }
}

#[test]
fn integrals_of_real_maps_are_those_of_numpy() {
    // Planes 0 and 10: sums of the pixels times the solid angles of the rows between their parallels.
    for (name, first, tenth) in [
        ("fermitools-roi/galdiff.fits.gz", 1.7261047650419238e-05, 1.477946193379092e-09),
        ("gc-3fhl/gll_iem_v06_gc.fits.gz", 1.6688686859493697e-07, 1.2864056629996104e-09),
    ] {
        let Some(path) = real_data(name) else { continue };
        let integral = lat_io::map_cube_integral(&path).unwrap();
        assert_eq!(integral, lat_io::read_map_cube(&path).unwrap().integral());
        approx::assert_relative_eq!(integral.values()[0], first, max_relative = 1e-12);
        approx::assert_relative_eq!(integral.values()[10], tenth, max_relative = 1e-12);
    }
}

#[test]
fn real_psf_tables_hold_what_astropy_reads_in_them() {
    for (name, shape, energies, theta, sum, value) in [
        (
            "fermitools-roi/gtpsf.fits.gz",
            (16, 200),
            [100.0, 299999.99999999977],
            19.80049967765808,
            26732533.799587883,
            1801.0361040460184,
        ),
        (
            "gc-3fhl/fermi-3fhl-gc-psf-cube.fits.gz",
            (11, 300),
            [10000.0, 499999.9999999997],
            9.933444261550903,
            79405171.88335115,
            370086.106257209,
        ),
        (
            "crab-400gev/psf_00.fits",
            (8, 20),
            [398107.1705534969, 2511886.4315095814],
            1.8049999475479126,
            2193163.626007869,
            13480.674539406042,
        ),
    ] {
        let Some(path) = real_data(name) else { continue };
        let psf = lat_io::read_psf(&path).unwrap();
        assert_eq!(psf.values().dim(), shape, "{name}");
        assert_eq!([psf.energies()[0], *psf.energies().last().unwrap()], energies, "{name}");
        assert_eq!(*psf.thetas().last().unwrap(), theta, "{name}");
        approx::assert_relative_eq!(psf.values().sum(), sum, max_relative = 1e-12);
        assert_eq!(psf.values()[[3, 5]], value, "{name}");
    }
}

/// Where a test writes its files.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("map.fits")
    }

    /// A file with an image and then tables.
    fn write(&self, header: &Header, pixels: &Array3<f32>, tables: &[(&str, Vec<Column>)]) -> PathBuf {
        let mut writer = FitsWriter::create(self.path()).unwrap();
        writer.image(header, pixels).unwrap();
        for (name, columns) in tables {
            writer.table(name, &Header::default(), columns).unwrap();
        }
        writer.finish().unwrap();
        self.path()
    }
}

fn column(name: &str, unit: &str, values: &[f64]) -> Column {
    Column { name: name.into(), unit: unit.into(), values: ColumnValues::Double(values.to_vec()) }
}

/// The keywords of a map of 6 x 4 pixels of 0.5 deg.
fn header() -> Header {
    let mut header = Header::default();
    for (keyword, text) in [("CTYPE1", "GLON-CAR"), ("CTYPE2", "GLAT-CAR")] {
        header.set(keyword, text, "");
    }
    for (keyword, value) in
        [("CRPIX1", 3.5), ("CRPIX2", 2.5), ("CRVAL1", 10.0), ("CRVAL2", 0.0), ("CDELT1", -0.5), ("CDELT2", 0.5)]
    {
        header.set(keyword, value, "");
    }
    header
}

fn pixels() -> Array3<f32> {
    Array3::from_shape_fn((2, 4, 6), |(k, y, x)| (100 * k + 10 * y + x) as f32)
}

fn energies() -> Vec<(&'static str, Vec<Column>)> {
    vec![("ENERGIES", vec![column("Energy", "", &[100.0, 1000.0])])]
}

fn wcs_of(cube: &SkyCube) -> WcsHeader {
    match cube.grid() {
        SkyGrid::Wcs(grid) => grid.header().clone(),
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_map_comes_back_as_it_was_written() {
    let place = Place::new();
    let header = WcsHeader::centered([6, 4], 0.5, Frame::Celestial, "TAN", [83.6, -22.0]);
    let grid = SkyGrid::Wcs(WcsGrid::new(header.clone()).unwrap());
    let planes = Array2::from_shape_fn((2, 24), |(k, i)| (k * 24 + i) as f32);
    let cube = SkyCube::new("map", grid, vec![100.0, 1000.0], planes).unwrap();
    lat_io::write_map_cube(&place.path(), &cube, "cm-2 s-1 sr-1 MeV-1").unwrap();
    let back = lat_io::read_map_cube(&place.path()).unwrap();
    assert_eq!((back.energies(), back.planes()), (cube.energies(), cube.planes()));
    assert_eq!(wcs_of(&back), header);
}

#[test]
fn names_units_and_axes_may_be_written_in_many_ways() {
    let place = Place::new();
    let plain = lat_io::read_map_cube(&place.write(&header(), &pixels(), &energies())).unwrap();
    assert_eq!(plain.energies(), [100.0, 1000.0]);
    assert_eq!(plain.planes()[[1, 13]], 121.0);

    // The table's name in any case, gammapy's table, another unit.
    for (table, unit, values) in
        [("energies", "MeV", [100.0, 1000.0]), ("Energies", "GeV", [0.1, 1.0]), ("EBOUNDS", "keV", [1e5, 1e6])]
    {
        let tables = [(table, vec![column("ENERGY", unit, &values)])];
        let cube = lat_io::read_map_cube(&place.write(&header(), &pixels(), &tables)).unwrap();
        approx::assert_relative_eq!(cube.energies()[1], 1000.0, max_relative = 1e-15);
    }

    // Longitude growing to the right, axis types in lower case, units of the axes.
    let mut other = header();
    other.set("CDELT1", 30.0, "");
    other.set("CRVAL1", 600.0, "");
    other.set("CUNIT1", "arcmin", "");
    other.set("CUNIT2", "degree", "");
    other.set("CTYPE1", "glon-car ", "");
    other.set("LONPOLE", 0.0, "");
    other.set("LATPOLE", 90.0, "");
    let cube = lat_io::read_map_cube(&place.write(&other, &pixels(), &energies())).unwrap();
    assert_eq!((wcs_of(&cube).cdelt, wcs_of(&cube).crval), ([0.5, 0.5], [10.0, 0.0]));
    // The first pixel is centred on l = 8.75, b = -0.75 now, and was on l = 11.25.
    let at = |cube: &SkyCube, l: f64| cube.grid().pixel(&SkyDirection::from_galactic(l, -0.75).unwrap());
    assert_eq!((at(&cube, 8.75), at(&plain, 11.25), at(&cube, 11.25)), (Some(0), Some(0), Some(5)));

    // The reference pixel far off the image.
    let mut far = header();
    far.set("CRPIX1", -96.5, "");
    far.set("CRVAL1", 60.0, "");
    let cube = lat_io::read_map_cube(&place.write(&far, &pixels(), &energies())).unwrap();
    assert_eq!(at(&cube, 11.25), Some(0));
}

#[test]
fn a_rotation_may_be_a_matrix() {
    let place = Place::new();
    let mut rotated = header();
    rotated.set("CROTA2", 30.0, "");
    let wanted = lat_io::read_map_cube(&place.write(&rotated, &pixels(), &energies())).unwrap();
    let (sin, cos) = 30f64.to_radians().sin_cos();
    let mut pc = header();
    // CD = [[cdelt1 cos, -cdelt2 sin], [cdelt1 sin, cdelt2 cos]], PC_ij = CD_ij / cdelt_i.
    for (keyword, value) in [("PC1_1", cos), ("PC1_2", sin), ("PC2_1", -sin), ("PC2_2", cos)] {
        pc.set(keyword, value, "");
    }
    let mut cd = header();
    for (keyword, value) in [("CD1_1", -0.5 * cos), ("CD1_2", -0.5 * sin), ("CD2_1", -0.5 * sin), ("CD2_2", 0.5 * cos)]
    {
        cd.set(keyword, value, "");
    }
    for header in [pc, cd] {
        let found = lat_io::read_map_cube(&place.write(&header, &pixels(), &energies())).unwrap();
        for pixel in [0, 5, 23] {
            let (a, b) = (found.grid().direction(pixel).unwrap(), wanted.grid().direction(pixel).unwrap());
            assert!(a.separation(&b) < 1e-9, "pixel {pixel}");
        }
    }
    let mut skewed = header();
    skewed.set("PC1_2", 0.3, "");
    let error = lat_io::read_map_cube(&place.write(&skewed, &pixels(), &energies())).unwrap_err();
    assert!(error.to_string().contains("perpendicular"), "{error}");
}

#[test]
fn a_map_of_one_plane_needs_no_energies() {
    let place = Place::new();
    let one = pixels().slice_axis(ndarray::Axis(0), (..1).into()).to_owned();
    let cube = lat_io::read_map_cube(&place.write(&header(), &one, &[])).unwrap();
    let center = SkyDirection::from_galactic(10.0, 0.0).unwrap();
    let at = |energy: f64| cube.value(&center, energy).unwrap().unwrap();
    // Between columns 2 and 3, rows 1 and 2.
    assert!((at(100.0) - 17.5).abs() < 1e-9 && at(100.0) == at(1e6));
    let error = lat_io::read_map_cube(&place.write(&header(), &pixels(), &[])).unwrap_err();
    assert!(matches!(&error, Error::MissingHdu { name, .. } if name == "ENERGIES"), "{error}");
}

#[test]
fn pixels_off_the_projection_may_be_empty() {
    let place = Place::new();
    let mut all_sky = header();
    for (keyword, text) in [("CTYPE1", "GLON-AIT"), ("CTYPE2", "GLAT-AIT")] {
        all_sky.set(keyword, text, "");
    }
    all_sky.set("CDELT1", -60.0, "");
    all_sky.set("CDELT2", 45.0, "");
    let mut planes = pixels();
    planes[[0, 0, 0]] = f32::NAN;
    let cube = lat_io::read_map_cube(&place.write(&all_sky, &planes, &energies())).unwrap();
    assert_eq!((cube.grid().direction(0), cube.planes()[[0, 0]]), (None, 0.0));
    planes[[0, 1, 2]] = f32::NAN;
    let error = lat_io::read_map_cube(&place.write(&all_sky, &planes, &energies())).unwrap_err();
    assert!(error.to_string().contains("pixel 8"), "{error}");
}

/// That an error names the file and all of `words`.
fn names<T>(result: lat_io::Result<T>, words: &[&str]) {
    let error = result.map(|_| "it was read").unwrap_err().to_string();
    for word in words.iter().chain(&["map.fits"]) {
        assert!(error.contains(word), "no '{word}' in: {error}");
    }
}

#[test]
fn maps_that_cannot_be_are_errors_naming_file_and_hdu() {
    let place = Place::new();
    let with = |keyword: &str, value: &str| {
        let mut header = header();
        header.set(keyword, value, "");
        lat_io::read_map_cube(&place.write(&header, &pixels(), &energies()))
    };
    names(with("CTYPE1", "GLON-XYZ"), &["'PRIMARY'", "'XYZ'", "CAR"]);
    names(with("CTYPE2", "DEC--CAR"), &["'PRIMARY'", "DEC--CAR"]);
    names(with("CDELT1", "wide"), &["'PRIMARY'", "CDELT1", "wide"]);
    names(with("CUNIT1", "furlong"), &["'PRIMARY'", "CUNIT1", "furlong"]);
    let mut turned = header();
    turned.set("CTYPE1", "GLON-TAN", "");
    turned.set("CTYPE2", "GLAT-TAN", "");
    turned.set("LONPOLE", 90.0, "");
    names(lat_io::read_map_cube(&place.write(&turned, &pixels(), &energies())), &["'PRIMARY'", "LONPOLE"]);

    let energies_of =
        |columns: Vec<Column>| lat_io::read_map_cube(&place.write(&header(), &pixels(), &[("ENERGIES", columns)]));
    names(energies_of(vec![column("Energy", "", &[100.0])]), &["'ENERGIES'", "1 values", "2 planes"]);
    names(energies_of(vec![column("Power", "", &[100.0, 1000.0])]), &["'ENERGIES'", "Energy", "Power"]);
    names(energies_of(vec![column("Energy", "Jansky", &[100.0, 1000.0])]), &["'ENERGIES'", "Jansky"]);
    names(energies_of(vec![column("Energy", "", &[1000.0, 100.0])]), &["'ENERGIES'", "row 2", "increase", "100 MeV"]);
    names(energies_of(vec![column("Energy", "", &[f64::NAN, 100.0])]), &["'ENERGIES'", "row 1", "NaN"]);
    names(energies_of(vec![column("Energy", "", &[0.0, 100.0])]), &["'ENERGIES'", "0 MeV", "positive"]);

    let mut planes = pixels();
    planes[[1, 2, 3]] = f32::NAN;
    names(
        lat_io::read_map_cube(&place.write(&header(), &planes, &energies())),
        &["'PRIMARY'", "plane 1, pixel 15", "NaN"],
    );
    planes[[1, 2, 3]] = -1.0;
    lat_io::read_map_cube(&place.write(&header(), &planes, &energies())).unwrap();
    names(lat_io::read_exposure(&place.path()), &["'PRIMARY'", "plane 1, pixel 15", "-1"]);

    let path = place.write(&header(), &pixels(), &energies());
    let whole = std::fs::read(&path).unwrap();
    for len in [0, 1000, 2880, 2880 + 100, whole.len() - 1] {
        std::fs::write(&path, &whole[..len]).unwrap();
        names(lat_io::read_map_cube(&path), &[]);
        names(lat_io::read_exposure(&path), &[]);
    }
    // Cut between two HDUs: the energies are gone.
    std::fs::write(&path, &whole[..2 * 2880]).unwrap();
    names(lat_io::read_map_cube(&path), &["ENERGIES"]);
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(lat_io::read_exposure(&path), Err(Error::NotFound { .. })));
}

#[test]
fn psf_files_that_cannot_be_are_errors_naming_file_and_hdu() {
    let place = Place::new();
    // A column holds one value a row here: a PSF of one separation is refused.
    let file = |energy: &[f64], values: &[f64], thetas: &[f64], unit: &str| {
        let mut writer = FitsWriter::create(place.path()).unwrap();
        let columns = [column("Energy", "", energy), column("Psf", "", values)];
        writer.table("PSF", &Header::default(), &columns).unwrap();
        writer.table("THETA", &Header::default(), &[column("Theta", unit, thetas)]).unwrap();
        writer.finish().unwrap();
        lat_io::read_psf(&place.path())
    };
    names(file(&[100.0], &[1.0], &[0.0, 1.0], ""), &["'PSF'", "2 thetas"]);
    names(file(&[100.0], &[1.0], &[0.0, 1.0], "mile"), &["'THETA'", "mile"]);
    let tables = [("PSF", vec![column("Energy", "", &[100.0])]), ("THETA", vec![column("Theta", "", &[0.0])])];
    names(lat_io::read_psf(&place.write(&header(), &pixels(), &tables)), &["'PSF'", "'Psf'", "'Energy'"]);
    names(lat_io::read_psf(&place.write(&header(), &pixels(), &tables[..1])), &["'THETA'"]);
    names(lat_io::read_psf(&place.write(&header(), &pixels(), &[])), &["'PSF'"]);
}

fn profile(path: &Path, text: &str) -> lat_io::Result<lat_response::RadialProfile> {
    std::fs::write(path, text).unwrap();
    lat_io::read_radial_profile(path)
}

#[test]
fn profiles_are_rows_of_separation_and_value() {
    let place = Place::new();
    let found = profile(&place.path(), "# theta value\n\n0.0 4.0\n1,2 99\n 2\t0 # end\n").unwrap();
    assert_eq!((found.thetas(), found.values()), (&[0.0, 1.0, 2.0][..], &[4.0, 2.0, 0.0][..]));
    names(profile(&place.path(), "0 1\n1 x\n"), &["line 2", "'x'"]);
    names(profile(&place.path(), "0 1\n1\n"), &["line 2", "nothing"]);
    names(profile(&place.path(), "0 1\n"), &["at least 2"]);
    names(profile(&place.path(), "1 1\n0 1\n"), &["row 2", "increase"]);
    names(profile(&place.path(), "0 1\n1 -1\n"), &["row 2", "-1"]);
    names(profile(&place.path(), "0 1\n1 nan\n"), &["row 2", "NaN"]);
    std::fs::write(place.path(), [0xff, 0xfe]).unwrap();
    names(lat_io::read_radial_profile(&place.path()), &["not text"]);
}
