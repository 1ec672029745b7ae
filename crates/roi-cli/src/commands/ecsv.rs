//! Tables as ECSV (Enhanced Character Separated Values 1.0 of astropy): text for people that `astropy.table.Table.read(path,
//! format="ascii.ecsv")` reads with its units.

use std::fmt::Write as _;

/// A column: its name, its unit (empty for none), and its numbers as they are written.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) values: Vec<String>,
}

/// The table, its columns aligned; `meta` are keys with values of one line, in YAML.
pub(crate) fn ecsv(meta: &[(&str, String)], columns: &[Column]) -> String {
    let mut text = String::from("# %ECSV 1.0\n# ---\n# datatype:\n");
    // Writing to a String cannot fail.
    for Column { name, unit, .. } in columns {
        let unit = if unit.is_empty() { String::new() } else { format!("unit: {unit}, ") };
        let _ = writeln!(text, "# - {{name: {}, {unit}datatype: float64}}", quoted(name));
    }
    if !meta.is_empty() {
        text.push_str("# meta: !!omap\n");
        for (key, value) in meta {
            let _ = writeln!(text, "# - {{{key}: {value}}}");
        }
    }
    text.push_str("# schema: astropy-2.0\n");
    let widths: Vec<usize> =
        columns.iter().map(|c| c.values.iter().map(String::len).chain([c.name.len()]).max().unwrap_or(0)).collect();
    let rows = columns.iter().map(|column| column.values.len()).max().unwrap_or(0);
    let line = |cell: &dyn Fn(&Column) -> String| {
        let cells: Vec<String> =
            columns.iter().zip(&widths).map(|(column, width)| format!("{:>width$}", cell(column))).collect();
        cells.join(" ").trim_start().to_owned()
    };
    text.push_str(&line(&|column| column.name.clone()));
    for row in 0..rows {
        text.push('\n');
        text.push_str(&line(&|column| column.values.get(row).cloned().unwrap_or_else(|| "nan".into())));
    }
    text
}

/// A word of YAML, between quotes.
pub(crate) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "''"))
}
