//! What the files of maps share.

use lat_io::Header;
use ndarray::Array2;
use serde_json::{Value, json};

use crate::tables::sed_tables::ascii;

/// The keywords of the first HDUs: what made the file, and with which options.
pub(crate) fn header_of(config: &Value) -> Header {
    let mut header = Header::default();
    header.set("CREATOR", concat!("roi-fit ", env!("CARGO_PKG_VERSION")), "");
    header.set("CONFIG", ascii(&config.to_string()).as_str(), "");
    header
}

/// A map as a list of rows.
pub(crate) fn numbers(map: &Array2<f64>) -> Value {
    json!(map.outer_iter().map(|row| row.to_vec()).collect::<Vec<_>>())
}
