//! Products of the LAT tools that the programs read and never write: small ones for tests.

use std::path::Path;

use lat_io::{Column, ColumnValues, FitsWriter, Header};
use lat_response::Psf;

/// Writes a point spread function as gtpsf does.
///
/// # Errors
/// When the file cannot be written.
pub fn write_psf(path: &Path, psf: &Psf) -> lat_io::Result<()> {
    let column = |name: &str, unit: &str, values| Column { name: name.into(), unit: unit.into(), values };
    let width = psf.thetas().len();
    let mut writer = FitsWriter::create(path)?;
    let energies = psf.energies().to_vec();
    let exposure = ColumnValues::Double(vec![1e11; energies.len()]);
    let values = ColumnValues::Doubles { width, values: psf.values().iter().copied().collect() };
    let columns = [
        column("Energy", "", ColumnValues::Double(energies)),
        column("Exposure", "", exposure),
        column("Psf", "", values),
    ];
    writer.table("PSF", &Header::default(), &columns)?;
    let thetas = column("Theta", "", ColumnValues::Double(psf.thetas().to_vec()));
    writer.table("THETA", &Header::default(), &[thetas])?;
    writer.finish()
}

/// Writes a detector response matrix as gtdrm does: a row of measured bins for each true bin between `edges`.
///
/// # Errors
/// When the file cannot be written.
pub fn write_drm(path: &Path, edges: &[f64], matrix: &[Vec<f32>]) -> std::io::Result<()> {
    let block = |cards: &[(&str, String)]| {
        let cards = cards.iter().map(|(key, value)| format!("{key:<8}= {value:<70}"));
        let text = cards.chain(["END".to_owned()]).collect::<Vec<_>>().concat();
        let blocks = text.len().next_multiple_of(2880);
        format!("{text:<blocks$}").into_bytes()
    };
    let text = |value: &str| format!("'{value:<8}'");
    let mut bytes = block(&[("SIMPLE", "T".into()), ("BITPIX", "8".into()), ("NAXIS", "0".into())]);
    let heap: usize = matrix.iter().map(|row| 4 * row.len()).sum();
    let width = matrix.iter().map(Vec::len).max().unwrap_or(0);
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
        ("TFORM3", text(&format!("PE({width})"))),
        ("EXTNAME", text("DRM")),
    ]));
    let word = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
    let mut offset = 0;
    for (row, bin) in matrix.iter().zip(edges.windows(2)) {
        bytes.extend(bin.iter().flat_map(|edge| edge.to_be_bytes()));
        bytes.extend(word(row.len()));
        bytes.extend(word(offset));
        offset += 4 * row.len();
    }
    bytes.extend(matrix.iter().flatten().flat_map(|value| value.to_be_bytes()));
    bytes.resize(bytes.len().next_multiple_of(2880), 0);
    std::fs::write(path, bytes)
}
