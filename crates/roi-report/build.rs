//! Packs the script that draws the figures: compressed, and as text that a page can hold. It is 4.6 MB as it comes, 1.9 MB packed.

use std::io::Write;
use std::path::PathBuf;
use std::{env, fs, io};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    // The first of the elements that the library gives is the script itself; the other, which writes formulas, is not needed.
    let elements = plotly::Plot::offline_js_sources();
    let script = elements.split_once('>').and_then(|(_, rest)| rest.split_once("</script>"));
    let (script, _) = script.ok_or_else(|| io::Error::other("plotly gives no script element"))?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(script.as_bytes())?;
    let folder = env::var_os("OUT_DIR").map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(folder.join("plotly.js.gz.b64"), STANDARD.encode(encoder.finish()?))
}
