//! Small FITS files to begin with.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use lat_io::CountsCubeFile;
use lat_response::{Frame, HealpixGrid, HealpixOrdering, SkyCube, SkyGrid, WcsHeader};
use likelihood_core::{CountsCube, EnergyAxis, SourceMap};
use ndarray::{Array2, Array3};

use super::events;
use crate::with_file::bytes_of;

/// A primary HDU without data.
const PRIMARY: [&str; 4] = [
    "SIMPLE  =                    T",
    "BITPIX  =                    8",
    "NAXIS   =                    0",
    "EXTEND  =                    T",
];
/// Cards of every kind that is met.
const CARDS: [&str; 11] = [
    "LONG    = 'a text that is &' / first",
    "CONTINUE  'continued &'",
    "CONTINUE  '' / to the end",
    "HIERARCH ESO TEL ALT = 45.5 / a long keyword",
    "COMMENT free text",
    "HISTORY more",
    "DATE-OBS= '2026-01-01'",
    "A_REAL  =           -1.5D+03 / Fortran",
    "COMPLEX = (1.0, -2)",
    "NOVALUE =",
    "QUOTE   = 'it''s'",
];

/// Headers of every kind that is met.
pub(crate) fn headers() -> Vec<Vec<u8>> {
    let cards = |cards: &[&str]| {
        let mut text = cards.iter().chain(&["END"]).map(|card| format!("{card:<80}")).collect::<Vec<_>>().concat();
        text.extend(std::iter::repeat_n(' ', text.len().next_multiple_of(2880) - text.len()));
        text.into_bytes()
    };
    let empty = cards(&PRIMARY);
    let long = cards(&[&PRIMARY[..], &CARDS].concat());
    let table = cards(&[
        "XTENSION= 'BINTABLE'",
        "BITPIX  =                    8",
        "NAXIS   =                    2",
        "NAXIS1  =                   21",
        "NAXIS2  =                    2",
        "PCOUNT  =                    4",
        "GCOUNT  =                    1",
        "TFIELDS =                    4",
        "TFORM1  = '1PE(2)  '",
        "TFORM2  = '12X     '",
        "TFORM3  = '1C      '",
        "TFORM4  = '3A      '",
        "TTYPE1  = 'ARRAY   '",
        "TTYPE2  = 'BITS    '",
        "THEAP   =                   42",
        "EXTNAME = 'TABLE   '",
    ]);
    let mut image = cards(&[
        "SIMPLE  =                    T",
        "BITPIX  =                   16",
        "NAXIS   =                    2",
        "NAXIS1  =                    3",
        "NAXIS2  =                    2",
        "BSCALE  =                  0.5",
        "BZERO   =                32768",
        "BLANK   =                  -99",
    ]);
    image.extend([0; 2880]);
    let with_table = [&empty[..], &table, &[0; 2880]].concat();
    vec![packed(&with_table), empty, long, image, with_table]
}

/// Counts cubes and source maps of either kind of pixels, map cubes, tables of events.
pub(crate) fn products() -> Vec<Vec<u8>> {
    let counts = small_counts();
    let maps = |planes: usize| SourceMap::new(Array3::from_elem((planes, 2, 3), 1.5f32));
    let maps =
        [("isodiff", 3), ("4FGL J0000.0-0000", 5)].map(|(name, planes)| Some((name.to_owned(), maps(planes).ok()?)));
    let cube = bytes_of(&|path| lat_io::write_counts_cube(path, &counts));
    let maps = bytes_of(&|path| lat_io::write_source_maps(path, &counts, &mut maps.clone().into_iter().flatten()));
    let mut seeds = headers();
    seeds.extend([packed(&cube), cube, maps]);
    let grid = HealpixGrid::new(1, HealpixOrdering::Ring, Frame::Galactic).unwrap_or_else(|error| panic!("{error}"));
    for grid in [counts.grid.clone(), SkyGrid::Healpix(grid)] {
        let planes = Array2::from_elem((2, grid.n_pixels()), 0.5f32);
        let map = SkyCube::new("map", grid, vec![100.0, 1000.0], planes).unwrap_or_else(|error| panic!("{error}"));
        seeds.push(bytes_of(&|path| lat_io::write_map_cube(path, &map, "")));
    }
    seeds.extend([events::photons, events::spacecraft, events::livetime].map(|write| bytes_of(&write)));
    seeds
}

/// A counts cube of 2 energy bins, 2 rows and 3 columns.
pub(crate) fn small_counts() -> CountsCubeFile {
    let axis = EnergyAxis::new(vec![100.0, 250.0, 1000.0]).unwrap_or_else(|error| panic!("{error}"));
    let counts = Array3::from_shape_fn((2, 2, 3), |(k, y, x)| (k * 6 + y * 3 + x) as f32);
    CountsCubeFile {
        cube: CountsCube::new(axis, counts).unwrap_or_else(|error| panic!("{error}")),
        grid: SkyGrid::wcs(WcsHeader::centered([3, 2], 0.1, Frame::Galactic, "CAR", [0.3, -1.25]))
            .unwrap_or_else(|error| panic!("{error}")),
        gti: vec![(239_557_417.5, 239_557_420.0)],
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_else(|error| panic!("no seed: {error}"))
}
