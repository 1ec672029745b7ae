//! Detector response matrices as gtdrm lays them out: a table of variable-length arrays and the heap behind it.

use ndarray::Array2;

/// The bytes of a file; `edges` (MeV) are those of the true bins, one more than the matrix has rows.
#[expect(clippy::cast_possible_truncation, reason = "the format holds 32-bit floats")]
pub fn drm_file(edges: &[f64], matrix: &Array2<f64>) -> Vec<u8> {
    let block = |cards: &[(&str, String)]| {
        let cards = cards.iter().map(|(key, value)| format!("{key:<8}= {value:<70}"));
        let text = cards.chain(["END".to_owned()]).collect::<Vec<_>>().concat();
        let blocks = text.len().next_multiple_of(2880);
        format!("{text:<blocks$}").into_bytes()
    };
    let text = |value: &str| format!("'{value:<8}'");
    let (rows, columns) = matrix.dim();
    let mut bytes = block(&[("SIMPLE", "T".into()), ("BITPIX", "8".into()), ("NAXIS", "0".into())]);
    bytes.extend(block(&[
        ("XTENSION", text("BINTABLE")),
        ("BITPIX", "8".into()),
        ("NAXIS", "2".into()),
        ("NAXIS1", "24".into()),
        ("NAXIS2", rows.to_string()),
        ("PCOUNT", (4 * rows * columns).to_string()),
        ("GCOUNT", "1".into()),
        ("TFIELDS", "3".into()),
        ("TTYPE1", text("ENERG_LO")),
        ("TFORM1", text("D")),
        ("TTYPE2", text("ENERG_HI")),
        ("TFORM2", text("D")),
        ("TTYPE3", text("MATRIX")),
        ("TFORM3", text(&format!("PE({columns})"))),
        ("EXTNAME", text("DRM")),
    ]));
    for (row, bin) in edges.windows(2).enumerate() {
        bytes.extend(bin.iter().flat_map(|edge| edge.to_be_bytes()));
        let offset = 4 * row * columns;
        bytes.extend([columns, offset].iter().flat_map(|&n| (n as u32).to_be_bytes()));
    }
    bytes.extend(matrix.iter().flat_map(|&value| (value as f32).to_be_bytes()));
    bytes.resize(bytes.len().next_multiple_of(2880), 0);
    bytes
}
