//! The layout of an HDU as its header tells it, checked before anything is sized or read by it.
//!
//! A header is input: a negative axis, a product that overflows or a column that runs past its row must end in an error here, because
//! the FITS library allocates and indexes by these numbers.

use fitsio_pure::bintable::{BinaryColumnType, parse_tform_binary};

use super::header::{Header, Value};

/// What an HDU holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Image {
        bitpix: i64,
        /// FITS order: `NAXIS1` (fastest) first. Empty when there is no data.
        axes: Vec<usize>,
    },
    Table {
        row_bytes: usize,
        rows: usize,
        columns: Vec<Column>,
    },
    /// Data that is skipped, with the reason.
    Other(&'static str),
}

/// A column of a binary table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) unit: Option<String>,
    /// Values a row.
    pub(super) repeat: usize,
    pub(super) form: String,
    pub(super) kind: BinaryColumnType,
}

/// Kind and data size in bytes of the HDU, or what is wrong with its header.
pub(super) fn read(header: &Header, primary: bool) -> Result<(Kind, u64), String> {
    let bitpix = integer(header, "BITPIX")?;
    if ![8, 16, 32, 64, -32, -64].contains(&bitpix) {
        return Err(format!("BITPIX is {bitpix}, expected 8, 16, 32, 64, -32 or -64"));
    }
    let axes =
        (1..=limited(header, "NAXIS")?).map(|i| count(header, &format!("NAXIS{i}"))).collect::<Result<Vec<_>, _>>()?;
    if primary && axes.first() == Some(&0) && header.get("GROUPS") == Some(&Value::Logical(true)) {
        return Err("random groups are not supported".into());
    }
    let (pcount, gcount) =
        if primary { (0, 1) } else { (optional_count(header, "PCOUNT", 0)?, optional_count(header, "GCOUNT", 1)?) };
    let values = if axes.is_empty() { Some(0) } else { axes.iter().try_fold(1usize, |n, &axis| n.checked_mul(axis)) };
    let bytes = values
        .and_then(|n| n.checked_mul(usize::try_from(bitpix.unsigned_abs() / 8).ok()?))
        .and_then(|n| n.checked_add(pcount))
        .and_then(|n| n.checked_mul(gcount))
        .and_then(|n| i64::try_from(n).ok())
        .ok_or_else(|| format!("axes {axes:?} announce more data than any file holds"))?;

    let kind = match (primary, header.text("XTENSION")) {
        (true, _) | (false, Some("IMAGE")) if gcount == 1 => Kind::Image { bitpix, axes },
        (false, Some("BINTABLE")) if header.get("ZIMAGE") == Some(&Value::Logical(true)) => {
            Kind::Other("a tile-compressed image; uncompress it (funpack)")
        }
        (false, Some("BINTABLE")) if gcount == 1 => table(header, bitpix, &axes)?,
        _ => Kind::Other("neither an image nor a binary table"),
    };
    Ok((kind, bytes.unsigned_abs()))
}

fn table(header: &Header, bitpix: i64, axes: &[usize]) -> Result<Kind, String> {
    let &[row_bytes, rows] = axes else {
        return Err(format!("a binary table has 2 axes, found {}", axes.len()));
    };
    if bitpix != 8 {
        return Err(format!("a binary table has BITPIX 8, found {bitpix}"));
    }
    let columns = (1..=limited(header, "TFIELDS")?).map(|i| column(header, i)).collect::<Result<Vec<_>, _>>()?;
    let width = columns
        .iter()
        .try_fold(0usize, |sum, column| sum.checked_add(width(column)?))
        .ok_or("the columns are wider than any row can be")?;
    if row_bytes == 0 && rows > 0 {
        return Err(format!("{rows} rows of 0 bytes"));
    }
    if width != row_bytes {
        return Err(format!("the columns take {width} bytes a row, NAXIS1 says {row_bytes}"));
    }
    Ok(Kind::Table { row_bytes, rows, columns })
}

fn column(header: &Header, number: usize) -> Result<Column, String> {
    let keyword = format!("TFORM{number}");
    let form = header.text(&keyword).ok_or_else(|| format!("keyword {keyword} is missing"))?.trim();
    let bad = || format!("{keyword} is '{form}', expected a binary table format such as 1E or 20A");
    // The library takes the last byte for the type letter: it must be there and be one.
    let code = form.split('(').next().unwrap_or("");
    if !code.ends_with(|c: char| c.is_ascii_uppercase()) {
        return Err(bad());
    }
    let (repeat, kind) = parse_tform_binary(form).map_err(|_| bad())?;
    Ok(Column {
        name: header.text(&format!("TTYPE{number}")).unwrap_or("").trim().to_owned(),
        unit: header.text(&format!("TUNIT{number}")).map(|unit| unit.trim().to_owned()).filter(|unit| !unit.is_empty()),
        repeat,
        form: form.to_owned(),
        kind,
    })
}

/// Bytes that a column takes of each row.
pub(super) fn width(column: &Column) -> Option<usize> {
    let unit = match column.kind {
        BinaryColumnType::Bit => return Some(column.repeat.div_ceil(8)),
        BinaryColumnType::Logical | BinaryColumnType::Byte | BinaryColumnType::Ascii => 1,
        BinaryColumnType::Short => 2,
        BinaryColumnType::Int | BinaryColumnType::Float => 4,
        BinaryColumnType::Long
        | BinaryColumnType::Double
        | BinaryColumnType::ComplexFloat
        | BinaryColumnType::VarArrayP(_) => 8,
        BinaryColumnType::ComplexDouble | BinaryColumnType::VarArrayQ(_) => 16,
    };
    column.repeat.checked_mul(unit)
}

fn integer(header: &Header, keyword: &str) -> Result<i64, String> {
    match header.get(keyword) {
        Some(Value::Integer(n)) => Ok(*n),
        Some(other) => Err(format!("keyword {keyword} is {other}, expected a whole number")),
        None => Err(format!("keyword {keyword} is missing")),
    }
}

fn count(header: &Header, keyword: &str) -> Result<usize, String> {
    let n = integer(header, keyword)?;
    usize::try_from(n).map_err(|_| format!("keyword {keyword} is {n}, expected a whole number, 0 or above"))
}

/// A count that the FITS standard limits to 999 (sections 4.4.1.1 and 7.3.1).
fn limited(header: &Header, keyword: &str) -> Result<usize, String> {
    match count(header, keyword)? {
        n @ 0..=999 => Ok(n),
        n => Err(format!("keyword {keyword} is {n}, FITS allows 999 at most")),
    }
}

fn optional_count(header: &Header, keyword: &str, default: usize) -> Result<usize, String> {
    if header.get(keyword).is_some() { count(header, keyword) } else { Ok(default) }
}
