//! Tables as ECSV, the enhanced character-separated values of astropy (APE 6): a header in YAML, then one line a row.

use std::fmt::Write;
use std::path::Path;

use crate::disk::write_text;
use crate::error::Result;
use crate::fits::{Column, ColumnValues, Header, Value};

/// Writes a table as ECSV. The cards of `header` become its `meta`. Lists are JSON texts, as astropy writes them. Columns are cut to the shortest.
///
/// # Errors
/// When the file cannot be written.
pub fn write_ecsv(path: &Path, header: &Header, columns: &[Column]) -> Result<()> {
    write_text(path, &ecsv(header, columns))
}

fn ecsv(header: &Header, columns: &[Column]) -> String {
    let mut text = String::from("# %ECSV 1.0\n# ---\n# datatype:\n");
    for column in columns {
        let unit = if column.unit.is_empty() { String::new() } else { format!(", unit: {}", yaml(&column.unit)) };
        // Writing into a string does not fail.
        let _ = writeln!(text, "# - {{name: {}{unit}, {}}}", yaml(&column.name), datatype(&column.values));
    }
    let valued = || header.cards().iter().filter_map(|card| Some((card, card.value.as_ref()?)));
    if valued().next().is_some() {
        text.push_str("# meta: !!omap\n");
    }
    for (card, value) in valued() {
        let value = match value {
            Value::Text(text) => yaml(text),
            Value::Logical(flag) => flag.to_string(),
            Value::Real(x) => format!("{x:?}"),
            other => other.to_string(),
        };
        let _ = writeln!(text, "# - {{{}: {value}}}", yaml(&card.keyword));
    }
    text.push_str("# schema: astropy-2.0\n");
    let names = columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>();
    text.push_str(&names.join(" "));
    text.push('\n');
    let rows = columns.iter().map(|column| cells(&column.values)).collect::<Vec<_>>();
    for row in 0..rows.iter().map(Vec::len).min().unwrap_or(0) {
        let line = rows.iter().map(|column| column[row].as_str()).collect::<Vec<_>>();
        text.push_str(&line.join(" "));
        text.push('\n');
    }
    text
}

/// The type of a column, as keys of its entry.
fn datatype(values: &ColumnValues) -> String {
    let list = |of: &str, width: &usize| format!("datatype: string, subtype: '{of}[{width}]'");
    match values {
        ColumnValues::Short(_) => "datatype: int16".into(),
        ColumnValues::Int(_) => "datatype: int32".into(),
        ColumnValues::Float(_) => "datatype: float32".into(),
        ColumnValues::Double(_) => "datatype: float64".into(),
        ColumnValues::Text(_) => "datatype: string".into(),
        ColumnValues::Doubles { width, .. } => list("float64", width),
        ColumnValues::Texts { width, .. } => list("string", width),
        ColumnValues::FloatVectors { width, .. } => list("float32", width),
    }
}

/// One text a row.
fn cells(values: &ColumnValues) -> Vec<String> {
    match values {
        ColumnValues::Short(values) => values.iter().map(ToString::to_string).collect(),
        ColumnValues::Int(values) => values.iter().map(ToString::to_string).collect(),
        ColumnValues::Float(values) => values.iter().map(|&x| number(x, "nan")).collect(),
        ColumnValues::Double(values) => values.iter().map(|&x| number(x, "nan")).collect(),
        ColumnValues::Text(values) => values.iter().map(|text| quoted(text)).collect(),
        ColumnValues::Doubles { width, values } => lists(*width, values, |x| json_number(*x)),
        ColumnValues::FloatVectors { width, values } => lists(*width, values, |x| json_number(*x)),
        ColumnValues::Texts { width, values } => lists(*width, values, |text| format!("{text:?}")),
    }
}

fn lists<T>(width: usize, values: &[T], text: impl Fn(&T) -> String) -> Vec<String> {
    let list = |row: &[T]| quoted(&format!("[{}]", row.iter().map(&text).collect::<Vec<_>>().join(",")));
    values.chunks(width.max(1)).map(list).collect()
}

/// The shortest decimal that is this number; `nan` and `inf` have names.
fn number<T: Into<f64> + Copy + std::fmt::LowerExp>(x: T, nan: &str) -> String {
    let value: f64 = x.into();
    match () {
        () if value.is_nan() => nan.into(),
        () if value.is_infinite() => if value > 0.0 { "inf" } else { "-inf" }.into(),
        () => format!("{x:e}"),
    }
}

/// The same in the JSON that Python reads and writes.
fn json_number<T: Into<f64> + Copy + std::fmt::LowerExp>(x: T) -> String {
    match number(x, "NaN").as_str() {
        "inf" => "Infinity".into(),
        "-inf" => "-Infinity".into(),
        other => other.into(),
    }
}

/// A cell that holds a blank or a quote stands between quotes, quotes doubled.
fn quoted(text: &str) -> String {
    let is_plain = !text.is_empty() && !text.contains([' ', '"', '\n', '\r', '\t', '#', ',']);
    if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"").replace(['\n', '\r'], " ")) }
}

/// A YAML text between single quotes.
fn yaml(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace(['\n', '\r'], " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_yaml_header_and_a_line_a_row() {
        let column = |name: &str, unit: &str, values| Column { name: name.into(), unit: unit.into(), values };
        let mut header = Header::default();
        header.set("SRCNAME", "it's one", "");
        header.set("UL_CONF", 0.95, "");
        let columns = [
            column("e_min", "MeV", ColumnValues::Double(vec![100.0, f64::NAN])),
            column("name", "", ColumnValues::Text(vec!["a \"b\"".into(), "c".into()])),
            column(
                "scan",
                "",
                ColumnValues::Doubles { width: 2, values: vec![0.0, 1.5e-9, f64::NEG_INFINITY, f64::NAN] },
            ),
            column("status", "", ColumnValues::Int(vec![0, -1])),
        ];
        let expected = "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: 'e_min', unit: 'MeV', datatype: float64}\n# - {name: 'name', datatype: string}\n# - {name: 'scan', datatype: string, subtype: 'float64[2]'}\n# - {name: 'status', datatype: int32}\n# meta: !!omap\n# - {'SRCNAME': 'it''s one'}\n# - {'UL_CONF': 0.95}\n# schema: astropy-2.0\ne_min name scan status\n1e2 \"a \"\"b\"\"\" \"[0e0,1.5e-9]\" 0\nnan c \"[-Infinity,NaN]\" -1\n";
        assert_eq!(ecsv(&header, &columns), expected);
    }
}
