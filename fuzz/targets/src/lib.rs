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
mod events;
mod filter;
mod fits;
mod fits_seeds;
mod spectrum_table;
mod xml;
mod yaml;

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

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "xml", run: xml::run, seeds: xml::seeds, words: xml::WORDS, max_len: 4096, cards: false },
    Target { name: "yaml", run: yaml::run, seeds: yaml::seeds, words: yaml::WORDS, max_len: 4096, cards: false },
    Target {
        name: "fits_header",
        run: fits::run_header,
        seeds: fits_seeds::headers,
        words: fits::WORDS,
        max_len: 5 * 2880,
        cards: true,
    },
    Target {
        name: "fits_table",
        run: fits::run_table,
        seeds: fits_seeds::products,
        words: fits::WORDS,
        max_len: 16 * 2880,
        cards: true,
    },
    Target {
        name: "filter",
        run: filter::run,
        seeds: filter::seeds,
        words: filter::WORDS,
        max_len: 4096,
        cards: false,
    },
    Target {
        name: "spectrum_table",
        run: spectrum_table::run,
        seeds: spectrum_table::seeds,
        words: spectrum_table::WORDS,
        max_len: 4096,
        cards: false,
    },
];

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
