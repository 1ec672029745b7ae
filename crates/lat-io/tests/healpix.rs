//! Products in HEALPix pixels: what is written is read back, other programs' layouts are understood, bad data refused.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::path::PathBuf;
use std::sync::LazyLock;

use HealpixOrdering::{Nested, Ring};
use lat_io::{Column, ColumnValues, CountsCubeFile, FitsWriter, Header, SourceMapFile};
use lat_response::{Exposure, ExposureLookup, Frame, HealpixGrid, HealpixOrdering, SkyCube, SkyGrid};
use likelihood_core::{CountsCube, EnergyAxis, SourceMap};
use ndarray::{Array2, Array3};
use proptest::prelude::*;
use roi_model::SkyDirection;

/// Where a test writes its files.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("map.fits")
    }
}

fn center() -> SkyDirection {
    SkyDirection::from_galactic(184.56, -5.78).unwrap()
}

/// The whole sphere and parts of it, in both numberings and frames.
fn grids() -> Vec<HealpixGrid> {
    let sphere = |nside, ordering, frame| HealpixGrid::new(nside, ordering, frame).unwrap();
    let unsorted = sphere(8, Ring, Frame::Celestial).with_pixels(vec![300, 17, 301, 5]).unwrap();
    vec![
        sphere(2, Ring, Frame::Galactic),
        sphere(2, Nested, Frame::Celestial),
        sphere(3, Ring, Frame::Galactic),
        sphere(32, Ring, Frame::Galactic).disk(&center(), 6.0).unwrap(),
        sphere(32, Nested, Frame::Celestial).disk(&center(), 6.0).unwrap(),
        unsorted,
    ]
}

fn counts(grid: &HealpixGrid) -> CountsCubeFile {
    let axis = EnergyAxis::new(vec![100.0, 250.0, 1000.0]).unwrap();
    let counts = Array3::from_shape_fn((2, 1, grid.n_pixels()), |(k, _, i)| ((7 * k + i) % 5) as f32);
    let cube = CountsCube::new(axis, counts).unwrap();
    CountsCubeFile { cube, grid: SkyGrid::Healpix(grid.clone()), gti: vec![(1.0, 2.5)] }
}

/// Source maps: at the edges, with planes for energy dispersion, and one that is 0 nearly everywhere.
fn maps(grid: &HealpixGrid) -> Vec<(String, SourceMap)> {
    let n = grid.n_pixels();
    let map = |planes, value: &dyn Fn(usize, usize) -> f32| {
        SourceMap::new(Array3::from_shape_fn((planes, 1, n), |(k, _, i)| value(k, i))).unwrap()
    };
    vec![
        ("isodiff".into(), map(3, &|k, i| (1 + k * n + i) as f32 * 1.5e7)),
        ("4FGL J0534.5+2201".into(), map(7, &|k, i| (k + i) as f32 * 1e9)),
        ("far".into(), map(3, &|k, i| if i == 2 { 1e8 * (k + 1) as f32 } else { 0.0 })),
    ]
}

#[test]
fn counts_and_source_maps_come_back_bit_for_bit() {
    let place = Place::new();
    for grid in grids() {
        lat_io::write_counts_cube(&place.path(), &counts(&grid)).unwrap();
        assert_eq!(lat_io::read_counts_cube(&place.path()).unwrap(), counts(&grid), "{grid:?}");

        lat_io::write_source_maps(&place.path(), &counts(&grid), &mut maps(&grid).into_iter()).unwrap();
        assert_eq!(
            lat_io::read_counts_cube(&place.path()).unwrap(),
            counts(&grid),
            "a source map file holds its counts"
        );
        let file = SourceMapFile::open(&place.path()).unwrap();
        assert_eq!(file.names(), ["isodiff", "4FGL J0534.5+2201", "far"]);
        assert_eq!((file.grid(), file.axis()), (&counts(&grid).grid, counts(&grid).cube.axis()));
        assert_eq!(file.read_counts().unwrap(), *counts(&grid).cube.counts());
        for (name, map) in maps(&grid) {
            assert_eq!(file.read(&name).unwrap(), map, "{grid:?} {name}");
        }
    }
}

#[test]
fn maps_and_exposure_come_back_bit_for_bit() {
    let place = Place::new();
    for grid in grids() {
        let planes = Array2::from_shape_fn((2, grid.n_pixels()), |(k, i)| (k * 1000 + i) as f32);
        let cube = SkyCube::new("map.fits", SkyGrid::Healpix(grid), vec![100.0, 1000.0], planes).unwrap();
        lat_io::write_map_cube(&place.path(), &cube, "cm-2 s-1 sr-1 MeV-1").unwrap();
        let back = lat_io::read_map_cube(&place.path()).unwrap();
        assert_eq!((back.grid(), back.energies(), back.planes()), (cube.grid(), cube.energies(), cube.planes()));

        let exposure = Exposure::new(cube.clone(), ExposureLookup::Fermitools).unwrap();
        lat_io::write_exposure(&place.path(), &exposure).unwrap();
        let back = lat_io::read_exposure(&place.path()).unwrap();
        assert_eq!((back.cube().grid(), back.cube().planes()), (cube.grid(), cube.planes()));
    }
}

#[test]
fn exposure_is_that_of_the_pixel_or_interpolated() {
    let grid = HealpixGrid::new(16, Nested, Frame::Galactic).unwrap();
    let pixel = grid.pixel(&center()).unwrap();
    let planes = Array2::from_shape_fn((1, grid.n_pixels()), |(_, i)| if i == pixel { 5.0 } else { 1.0 });
    let cube = SkyCube::new("exposure", SkyGrid::Healpix(grid.clone()), vec![100.0], planes).unwrap();
    let value = |lookup| Exposure::new(cube.clone(), lookup).unwrap().value(0, &center()).unwrap();
    assert_eq!(value(ExposureLookup::Fermitools), 5.0);
    let own = grid.interpolation(&center()).terms().iter().find(|(p, _)| *p == pixel).unwrap().1;
    approx::assert_relative_eq!(value(ExposureLookup::Bilinear), 1.0 + 4.0 * own, max_relative = 1e-12);
}

fn column(name: &str, values: &[f64]) -> Column {
    Column { name: name.into(), unit: String::new(), values: ColumnValues::Double(values.to_vec()) }
}

/// The keywords of a sphere of NSIDE 1.
fn header() -> Header {
    let mut header = Header::default();
    for (keyword, text) in [("PIXTYPE", "HEALPIX "), ("ORDERING", "nested"), ("COORDSYS", "EQU")] {
        header.set(keyword, text, "");
    }
    header.set("NSIDE", 1, "");
    header
}

fn with(keyword: &str, value: impl Into<lat_io::Value>) -> Header {
    let mut header = header();
    header.set(keyword, value, "");
    header
}

fn plane(scale: f64) -> Vec<f64> {
    (0..12).map(|pixel| scale * f64::from(pixel)).collect()
}

fn tables(place: &Place, header: &Header, columns: &[Column]) -> lat_io::Result<SkyCube> {
    let mut writer = FitsWriter::create(place.path()).unwrap();
    writer.table("SKYMAP", header, columns).unwrap();
    writer.table("ENERGIES", &Header::default(), &[column("Energy", &[10.0, 20.0])]).unwrap();
    writer.finish().unwrap();
    lat_io::read_map_cube(&place.path())
}

#[test]
fn layouts_of_other_programs_are_understood() {
    let place = Place::new();
    // Columns in another order than their numbers, and one that is no plane.
    let columns = [column("Bin10", &plane(2.0)), column("Bin9", &plane(1.0)), column("HITS", &plane(9.0))];
    let cube = tables(&place, &header(), &columns).unwrap();
    assert_eq!((cube.planes()[[0, 3]], cube.planes()[[1, 3]]), (3.0, 6.0));
    assert_eq!(cube.grid().frame(), Frame::Celestial);

    // ORDER instead of NSIDE; a range of pixels.
    let mut part = Header::default();
    for card in header().cards().iter().filter(|card| card.keyword != "NSIDE") {
        part.set(&card.keyword, card.value.clone().unwrap(), "");
    }
    part.set("ORDER", 0, "");
    part.set("FIRSTPIX", 4, "");
    part.set("LASTPIX", 6, "");
    let short = |scale: f64| vec![4.0 * scale, 5.0 * scale, 6.0 * scale];
    let columns = [column("CHANNEL1", &short(1.0)), column("CHANNEL2", &short(2.0))];
    let cube = tables(&place, &part, &columns).unwrap();
    let SkyGrid::Healpix(grid) = cube.grid() else { unreachable!("no HEALPix") };
    assert_eq!((grid.pixels(), grid.nside()), (Some(&[4, 5, 6][..]), 1));
    assert_eq!(grid.local_pixel(5), Some(1));
}

/// The file with two columns of one value a row made one column of two values.
fn join_columns(place: &Place) {
    let mut bytes = std::fs::read(place.path()).unwrap();
    for (card, value) in [("TFIELDS =", "1"), ("TFORM1  =", "'2D'"), ("TTYPE1  =", "'Spectra'")] {
        let at = (0..bytes.len()).step_by(80).find(|&at| bytes[at..].starts_with(card.as_bytes())).unwrap();
        bytes[at..at + 80].copy_from_slice(format!("{card} {value:<70}").as_bytes());
    }
    std::fs::write(place.path(), bytes).unwrap();
}

#[test]
fn a_row_may_hold_all_planes_of_a_pixel_or_several_pixels_of_a_plane() {
    let place = Place::new();
    let columns = [column("CHANNEL1", &plane(1.0)), column("CHANNEL2", &plane(2.0))];
    tables(&place, &header(), &columns).unwrap();
    join_columns(&place);
    let cube = lat_io::read_map_cube(&place.path()).unwrap();
    assert_eq!(cube.planes().dim(), (2, 12));
    assert_eq!((cube.planes()[[0, 3]], cube.planes()[[1, 3]]), (3.0, 6.0));

    // healpy's layout: 6 rows of 2 pixels, no energies.
    let mut writer = FitsWriter::create(place.path()).unwrap();
    let every_other = |first: usize| plane(1.0).into_iter().skip(first).step_by(2).collect::<Vec<_>>();
    let columns = [column("CHANNEL1", &every_other(0)), column("CHANNEL2", &every_other(1))];
    writer.table("SKYMAP", &header(), &columns).unwrap();
    writer.finish().unwrap();
    join_columns(&place);
    let cube = lat_io::read_map_cube(&place.path()).unwrap();
    assert_eq!(cube.planes().iter().copied().collect::<Vec<_>>(), (0..12u8).map(f32::from).collect::<Vec<_>>());
}

#[test]
fn source_maps_may_list_their_pixels_in_another_order() {
    let place = Place::new();
    let grid = HealpixGrid::new(8, Ring, Frame::Celestial).unwrap().with_pixels(vec![300, 17, 301]).unwrap();
    let turned = HealpixGrid::new(8, Ring, Frame::Celestial).unwrap().with_pixels(vec![17, 301, 300]).unwrap();
    let write = |pixels: &[f64], nside: i64| {
        lat_io::write_source_maps(&place.path(), &counts(&turned), &mut std::iter::empty()).unwrap();
        let mut writer = FitsWriter::create(place.path()).unwrap();
        let mut skymap = header();
        skymap.set("ORDERING", "RING", "");
        skymap.set("NSIDE", 8, "");
        skymap.set("INDXSCHM", "EXPLICIT", "");
        let listed = [300.0, 17.0, 301.0];
        writer.table("SKYMAP", &skymap, &[column("PIX", &listed), column("CHANNEL1", &[0.0; 3])]).unwrap();
        let mut of_source = skymap.clone();
        of_source.set("NSIDE", nside, "");
        let planes = ["CHANNEL1", "CHANNEL2"].map(|name| column(name, pixels));
        let columns = [vec![column("PIX", pixels)], planes.to_vec()].concat();
        writer.table("source", &of_source, &columns).unwrap();
        let kev = |x: f32| ColumnValues::Float(vec![x]);
        let edges = [("E_MIN", 1e5), ("E_MAX", 1e6)].map(|(name, x)| Column {
            name: name.into(),
            unit: "keV".into(),
            values: kev(x),
        });
        writer.table("EBOUNDS", &Header::default(), &edges).unwrap();
        writer.finish().unwrap();
        SourceMapFile::open(&place.path()).unwrap().read("source")
    };
    assert_eq!(grid.n_pixels(), 3);
    // The value of each pixel is its number.
    let map = write(&[301.0, 300.0, 17.0], 8).unwrap();
    assert_eq!(map.planes().iter().copied().collect::<Vec<_>>(), [300., 17., 301., 300., 17., 301.]);
    names(write(&[301.0, 300.0, 18.0], 8), &["'source'", "PIX", "pixel 18 in row 3"]);
    names(write(&[301.0, 300.0, 301.0], 8), &["'source'", "PIX", "pixel 301", "twice"]);
    names(write(&[301.0, 300.0, -1.0], 8), &["'source'", "PIX", "-1 in row 3"]);
    names(write(&[301.0, 300.0], 8), &["'source'", "2 rows", "3 pixels"]);
    names(write(&[301.0, 300.0, 17.0], 4), &["'source'", "NSIDE 4", "the pixels of the counts"]);
}

/// A source map file with rows (sparse), columns and counts of the whole sphere, or of a list of pixels.
fn file(grid: &HealpixGrid) -> Vec<u8> {
    let place = Place::new();
    lat_io::write_source_maps(&place.path(), &counts(grid), &mut maps(grid).into_iter()).unwrap();
    std::fs::read(place.path()).unwrap()
}

static FILES: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| [file(&grids()[0]), file(&grids()[5])]);

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_end_in_values_or_errors(which: bool, flips in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..12), words in proptest::collection::vec((any::<prop::sample::Index>(), "[ -~]{1,20}|-?[0-9]{1,19}|'[ -~]{0,10}'?"), 0..3)) {
        let mut bytes = FILES[usize::from(which)].clone();
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        let cards: Vec<usize> = (0..bytes.len()).step_by(80).filter(|&at| bytes[at + 8] == b'=').collect();
        for (card, word) in words {
            let at = card.get(&cards) + 10;
            bytes[at..at + 20].copy_from_slice(format!("{word:<20}").as_bytes());
        }
        let place = Place::new();
        std::fs::write(place.path(), bytes).unwrap();
        let named = |error: &lat_io::Error| assert!(error.to_string().contains("map.fits"), "no file in: {error}");
        let _ = lat_io::read_counts_cube(&place.path()).map_err(|error| named(&error));
        let _ = lat_io::read_map_cube(&place.path()).map_err(|error| named(&error));
        let _ = lat_io::read_exposure(&place.path()).map_err(|error| named(&error));
        if let Ok(file) = SourceMapFile::open(&place.path()).map_err(|error| named(&error)) {
            for name in file.names() {
                let _ = file.read(name).map_err(|error| named(&error));
            }
        }
    }
}

/// That an error names the file and all of `words`.
fn names<T>(result: lat_io::Result<T>, words: &[&str]) {
    let error = result.map(|_| "it was read").unwrap_err().to_string();
    for word in words.iter().chain(&["map.fits"]) {
        assert!(error.contains(word), "no '{word}' in: {error}");
    }
}

#[test]
fn tables_that_cannot_be_are_errors_naming_file_and_hdu() {
    let place = Place::new();
    let good = [column("CHANNEL1", &plane(1.0)), column("CHANNEL2", &plane(2.0))];
    tables(&place, &header(), &good).unwrap();
    names(tables(&place, &with("NSIDE", 0), &good), &["'SKYMAP'", "NSIDE is 0"]);
    names(tables(&place, &with("NSIDE", -4), &good), &["'SKYMAP'", "NSIDE", "-4"]);
    names(tables(&place, &with("NSIDE", 3), &good), &["'SKYMAP'", "NSIDE is 3", "power of two"]);
    names(tables(&place, &with("NSIDE", 1 << 20), &good), &["'SKYMAP'", "12 rows"]);
    names(tables(&place, &with("ORDERING", "SPIRAL"), &good), &["'SKYMAP'", "ORDERING", "SPIRAL"]);
    names(tables(&place, &with("COORDSYS", "E"), &good), &["'SKYMAP'", "COORDSYS", "'E'"]);
    names(tables(&place, &with("INDXSCHM", "EXPLICIT"), &good), &["'SKYMAP'", "PIX", "CHANNEL1"]);
    names(tables(&place, &with("INDXSCHM", "GUESS"), &good), &["'SKYMAP'", "INDXSCHM"]);
    names(tables(&place, &with("LASTPIX", 12), &good), &["'SKYMAP'", "LASTPIX", "12"]);
    names(tables(&place, &with("FIRSTPIX", "first"), &good), &["'SKYMAP'", "FIRSTPIX"]);
    names(tables(&place, &header(), &[column("CHANNEL1", &[1.0; 5])]), &["'SKYMAP'", "5 rows", "12 pixels"]);
    names(tables(&place, &header(), &[]), &["'SKYMAP'", "CHANNEL1"]);
    let listed = |pixels: &[f64]| [column("PIX", pixels), column("CHANNEL1", &[1.0; 2]), column("CHANNEL2", &[1.0; 2])];
    tables(&place, &header(), &listed(&[3.0, 1.0])).unwrap();
    names(tables(&place, &header(), &listed(&[3.0, 12.0])), &["'SKYMAP'", "pixel 12 does not exist"]);
    names(tables(&place, &header(), &listed(&[3.0, 3.0])), &["'SKYMAP'", "pixel 3 stands twice"]);
    names(tables(&place, &header(), &listed(&[3.0, 0.5])), &["'SKYMAP'", "0.5 in row 2"]);
    names(tables(&place, &header(), &listed(&[3.0, f64::NAN])), &["'SKYMAP'", "NaN in row 2"]);
    let mut bad = plane(1.0);
    bad[7] = f64::NAN;
    names(
        tables(&place, &header(), &[column("CHANNEL1", &bad), column("CHANNEL2", &bad)]),
        &["'SKYMAP'", "plane 0, pixel 7", "NaN"],
    );
    bad[7] = -1.0;
    tables(&place, &header(), &[column("CHANNEL1", &bad), column("CHANNEL2", &bad)]).unwrap();
    names(lat_io::read_exposure(&place.path()), &["'SKYMAP'", "plane 0, pixel 7", "-1"]);

    tables(&place, &header(), &good).unwrap();
    let whole = std::fs::read(place.path()).unwrap();
    for len in (0..whole.len()).step_by(720) {
        std::fs::write(place.path(), &whole[..len]).unwrap();
        names(lat_io::read_map_cube(&place.path()), &[]);
        names(lat_io::read_counts_cube(&place.path()), &[]);
    }
}

#[test]
fn sparse_rows_that_cannot_be_are_errors_naming_file_and_hdu() {
    let place = Place::new();
    let read = |n_energy: i64, pix: i32, channel: i16, value: f32| {
        let mut writer = FitsWriter::create(place.path()).unwrap();
        writer.table("SKYMAP", &header(), &[column("CHANNEL1", &plane(1.0))]).unwrap();
        let kev = |x: f32| ColumnValues::Float(vec![x]);
        let edges = [("E_MIN", 1e5), ("E_MAX", 1e6)].map(|(name, x)| Column {
            name: name.into(),
            unit: "keV".into(),
            values: kev(x),
        });
        writer.table("EBOUNDS", &Header::default(), &edges).unwrap();
        let mut sparse = with("INDXSCHM", "SPARSE");
        sparse.set("N_ENERGY", n_energy, "");
        let of = |name: &str, values| Column { name: name.into(), unit: String::new(), values };
        let columns = [
            of("PIX", ColumnValues::Int(vec![3, pix])),
            of("CHANNEL", ColumnValues::Short(vec![0, channel])),
            of("VALUE", ColumnValues::Float(vec![1.0, value])),
        ];
        writer.table("source", &sparse, &columns).unwrap();
        writer.finish().unwrap();
        SourceMapFile::open(&place.path()).unwrap().read("source")
    };
    let map = read(4, 11, 3, 2.0).unwrap();
    assert_eq!((map.planes().dim(), map.planes()[[0, 0, 3]], map.planes()[[3, 0, 11]]), ((4, 1, 12), 1.0, 2.0));
    names(read(4, 12, 3, 2.0), &["'source'", "pixel 12", "row 2"]);
    names(read(4, -1, 3, 2.0), &["'source'", "pixel -1", "row 2"]);
    names(read(4, 11, 4, 2.0), &["'source'", "channel 4", "row 2"]);
    names(read(4, 11, 3, f32::NAN), &["'source'", "NaN"]);
    names(read(3, 11, 2, 2.0), &["'source'", "3 planes"]);
    names(read(1 << 40, 11, 2, 2.0), &["'source'", "planes"]);
    names(read(-2, 11, 2, 2.0), &["'source'", "N_ENERGY is -2"]);
}
