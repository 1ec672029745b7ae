//! What the fuzz targets do with their input.
//!
//! A [`Target`] takes any bytes and panics when a reader breaks its promise: a value or an error that names what is wrong, and the same
//! value again after writing. libFuzzer drives the targets from the crate around this one (`cargo xtask fuzz`), the tests here drive
//! them with changed seeds wherever the ordinary tests run.

#![expect(
    clippy::panic,
    reason = "a broken promise of a reader, or no seed to begin with, is what fuzzing reports by a panic"
)]

mod edit;
mod fits;
mod records;
mod text;
mod with_file;

use fits::{catalogs, fits_files, fits_seeds, responses, selections};
use records::{bin_records, journal, state};
use text::{filter, priors, spectrum_table, xml, yaml};

/// One format to be read.
#[derive(Debug)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Reads the input in every way there is.
    pub run: fn(&[u8]),
    /// Small valid inputs.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words of the format, to be strewn in.
    pub words: &'static [&'static str],
    /// The longest input worth trying, in bytes.
    pub max_len: usize,
    /// Whether the input has cards of 80 characters, as FITS headers have.
    pub cards: bool,
}

/// Longest inputs: texts, records that hold more, headers, files with data.
const TEXT: usize = 4096;
const RECORDS: usize = 24 * 1024;
const HEADERS: usize = 5 * 2880;
const FILES: usize = 16 * 2880;

/// All of them.
pub const TARGETS: &[Target] = &[
    of_text("xml", xml::run, xml::seeds, xml::WORDS, TEXT),
    of_text("yaml", yaml::run, yaml::seeds, yaml::WORDS, TEXT),
    of_text("filter", filter::run, filter::seeds, filter::WORDS, TEXT),
    of_text("spectrum_table", spectrum_table::run, spectrum_table::seeds, spectrum_table::WORDS, TEXT),
    of_text("priors", priors::run, priors::seeds, priors::WORDS, TEXT),
    of_text("state", state::run, state::seeds, state::WORDS, RECORDS),
    of_text("journal", journal::run, journal::seeds, journal::WORDS, TEXT),
    of_text("bin_records", bin_records::run, bin_records::seeds, bin_records::WORDS, RECORDS),
    of_fits("fits_header", fits_files::run_header, fits_seeds::headers, HEADERS),
    of_fits("fits_table", fits_files::run_table, fits_seeds::products, FILES),
    of_fits("responses", responses::run, responses::seeds, FILES),
    of_fits("catalogs", catalogs::run, catalogs::seeds, FILES),
    of_fits("selections", selections::run, selections::seeds, FILES),
];

/// A format that is text.
const fn of_text(
    name: &'static str,
    run: fn(&[u8]),
    seeds: fn() -> Vec<Vec<u8>>,
    words: &'static [&'static str],
    max_len: usize,
) -> Target {
    Target { name, run, seeds, words, max_len, cards: false }
}

/// A format that is FITS.
const fn of_fits(name: &'static str, run: fn(&[u8]), seeds: fn() -> Vec<Vec<u8>>, max_len: usize) -> Target {
    Target { name, run, seeds, words: fits_files::WORDS, max_len, cards: true }
}

impl Target {
    /// The input with some edits, each of which is chosen by four arbitrary numbers.
    #[must_use]
    pub fn mutated(&self, input: &[u8], edits: &[[u32; 4]]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for edit in edits {
            edit::apply(&mut bytes, *edit, self.words, self.cards);
        }
        bytes.truncate(self.max_len);
        bytes
    }

    /// The words as a dictionary of libFuzzer.
    #[must_use]
    pub fn dictionary(&self) -> String {
        let escaped = |word: &&str| word.bytes().map(|byte| format!("\\x{byte:02x}")).collect::<Vec<_>>().concat();
        self.words.iter().map(|word| format!("\"{}\"\n", escaped(word))).collect::<Vec<_>>().concat()
    }
}
