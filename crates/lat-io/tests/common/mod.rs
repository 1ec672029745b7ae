//! What the tests of this crate share: the directory of real data, a small made-up region.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "clippy takes the helpers of a test for library code")]

#[allow(dead_code, reason = "each test file is compiled with its own copy of this module")]
pub(crate) mod region;

use std::path::PathBuf;

use lat_io::{CountsCubeFile, Frame, WcsHeader};
use lat_response::SkyGrid;
use likelihood_core::{CountsCube, EnergyAxis, SourceMap};
use ndarray::Array3;

/// A file or folder of the real data, or `None` (with a note) where the data is absent.
#[allow(dead_code, reason = "each test file is compiled with its own copy of this module")]
pub(crate) fn real_data(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("ROI_FIT_TEST_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("SKIPPED: {} is absent (set ROI_FIT_TEST_DATA to the directory of the test data)", path.display());
    None
}

/// A counts cube of 3 energy bins, 4 rows and 5 columns. Its edges are exact in 32-bit keV, so that files give them back bit for bit.
#[allow(dead_code, reason = "each test file is compiled with its own copy of this module")]
pub(crate) fn small_counts() -> CountsCubeFile {
    let axis = EnergyAxis::new(vec![100.0, 250.0, 1000.0, 8000.0]).unwrap();
    let counts = Array3::from_shape_fn((3, 4, 5), |(k, y, x)| (k * 20 + y * 5 + x) as f32);
    CountsCubeFile {
        cube: CountsCube::new(axis, counts).unwrap(),
        grid: SkyGrid::wcs(WcsHeader::centered([5, 4], 0.1, Frame::Galactic, "CAR", [0.3, -1.25])).unwrap(),
        gti: vec![(239_557_417.5, 239_557_420.0), (239_557_430.0, 240_000_000.25)],
    }
}

/// Source maps for [`small_counts`]: `isodiff` with a plane an edge, `4FGL J0000.0-0000` with two more on each side.
#[allow(dead_code, reason = "each test file is compiled with its own copy of this module")]
pub(crate) fn small_maps() -> Vec<(String, SourceMap)> {
    let map = |planes: usize, scale: f32| {
        SourceMap::new(Array3::from_shape_fn((planes, 4, 5), |(k, y, x)| scale * (1 + k * 20 + y * 5 + x) as f32))
            .unwrap()
    };
    vec![("isodiff".to_owned(), map(4, 1.5e7)), ("4FGL J0000.0-0000".to_owned(), map(8, -3e-9))]
}

/// A detector response matrix as gtdrm lays it out: a table of variable-length arrays and the heap behind it. `edges`: those of the true
/// bins, one more than the matrix has rows.
#[allow(dead_code, reason = "each test file is compiled with its own copy of this module")]
pub(crate) fn drm_file(edges: &[f64], matrix: &[Vec<f32>]) -> Vec<u8> {
    let block = |cards: &[(&str, String)]| {
        let cards = cards.iter().map(|(key, value)| format!("{key:<8}= {value:<70}"));
        let text = cards.chain(["END".to_owned()]).collect::<Vec<_>>().concat();
        let blocks = text.len().next_multiple_of(2880);
        format!("{text:<blocks$}").into_bytes()
    };
    let text = |value: &str| format!("'{value:<8}'");
    let mut bytes = block(&[("SIMPLE", "T".into()), ("BITPIX", "8".into()), ("NAXIS", "0".into())]);
    let heap: usize = matrix.iter().map(|row| 4 * row.len()).sum();
    bytes.extend(block(&[
        ("XTENSION", text("BINTABLE")),
        ("BITPIX", "8".into()),
        ("NAXIS", "2".into()),
        ("NAXIS1", "24".into()),
        ("NAXIS2", matrix.len().to_string()),
        ("PCOUNT", heap.to_string()),
        ("GCOUNT", "1".into()),
        ("TFIELDS", "3".into()),
        ("TTYPE1", text("ENERG_LO")),
        ("TFORM1", text("D")),
        ("TTYPE2", text("ENERG_HI")),
        ("TFORM2", text("D")),
        ("TTYPE3", text("MATRIX")),
        ("TFORM3", text("PE(3)")),
        ("EXTNAME", text("DRM")),
    ]));
    let mut offset = 0u32;
    for (row, bin) in matrix.iter().zip(edges.windows(2)) {
        bytes.extend(bin[0].to_be_bytes());
        bytes.extend(bin[1].to_be_bytes());
        bytes.extend(u32::try_from(row.len()).unwrap().to_be_bytes());
        bytes.extend(offset.to_be_bytes());
        offset += 4 * u32::try_from(row.len()).unwrap();
    }
    matrix.iter().flatten().for_each(|value| bytes.extend(value.to_be_bytes()));
    bytes.resize(bytes.len().next_multiple_of(2880), 0);
    bytes
}
