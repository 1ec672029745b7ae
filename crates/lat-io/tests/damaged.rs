//! Damaged files: whatever bytes a file holds, reading it ends in a value or an error that names the file, never in a panic.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::path::Path;
use std::sync::LazyLock;

use fixtures::{small_counts, small_maps};
use lat_io::{Error, FitsFile, SourceMapFile};
use proptest::prelude::*;

/// A small valid source map file.
static VALID: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("srcmap.fits");
    lat_io::write_source_maps(&path, &small_counts(), &mut small_maps().into_iter()).unwrap();
    std::fs::read(path).unwrap()
});

/// Reads all there is in a file, by every reader of this crate. Tells whether the file could be opened.
fn read_everything(bytes: &[u8]) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file.fits");
    std::fs::write(&path, bytes).unwrap();
    let named = |error: &Error| assert!(error.to_string().contains("file.fits"), "an error without its file: {error}");
    let _ = lat_io::read_counts_cube(&path).map_err(|error| named(&error));
    let _ = lat_io::read_weights(&path, &small_counts()).map_err(|error| named(&error));
    let _ = lat_io::read_detector_response(&path, small_counts().cube.axis()).map_err(|error| named(&error));
    if let Ok(file) = SourceMapFile::open(&path).map_err(|error| named(&error)) {
        let _ = file.read_weights().map_err(|error| named(&error));
        for name in file.names() {
            let _ = file.read(name).map_err(|error| named(&error));
        }
    }
    let _ = lat_io::read_map_cube(&path).map_err(|error| named(&error));
    let _ = lat_io::read_exposure(&path).map_err(|error| named(&error));
    let _ = lat_io::read_psf(&path).map_err(|error| named(&error));
    let file = FitsFile::open(&path).map_err(|error| {
        named(&error);
        error.to_string()
    })?;
    for hdu in file.hdus() {
        let _ = file.read_image_f32(hdu).map_err(|error| named(&error));
        let _ = file.read_image_f64(hdu).map_err(|error| named(&error));
        for column in hdu.column_names() {
            let _ = file.read_column(hdu, column).map_err(|error| named(&error));
            let _ = file.read_text_column(hdu, column).map_err(|error| named(&error));
            let _ = file.read_variable_column(hdu, column).map_err(|error| named(&error));
        }
    }
    Ok(())
}

/// Offsets of all header cards of the valid file.
fn cards() -> Vec<usize> {
    let is_card = |card: &[u8]| card.is_ascii() && (card.get(8) == Some(&b'=') || card.starts_with(b"END "));
    (0..VALID.len() / 80).map(|i| i * 80).filter(|&at| is_card(&VALID[at..at + 80])).collect()
}

fn with_card(keyword: &str, occurrence: usize, value: &str) -> Vec<u8> {
    let mut bytes = VALID.clone();
    set_card(&mut bytes, keyword, occurrence, value);
    bytes
}

fn set_card(bytes: &mut [u8], keyword: &str, occurrence: usize, value: &str) {
    let key = format!("{keyword:<8}=");
    let at = cards().into_iter().filter(|&at| VALID[at..].starts_with(key.as_bytes())).nth(occurrence).unwrap();
    bytes[at..at + 80].copy_from_slice(format!("{key} {value:<70}").as_bytes());
}

#[test]
fn the_undamaged_file_reads() {
    assert_eq!(read_everything(&VALID), Ok(()));
}

#[test]
fn every_truncation_inside_an_hdu_is_an_error() {
    let whole = VALID.len();
    for len in (0..whole).step_by(720) {
        let opened = read_everything(&VALID[..len]);
        // Cut between two HDUs, a file is a shorter FITS file.
        let at_boundary = VALID[len..].starts_with(b"XTENSION");
        assert!(opened.is_err() || at_boundary, "opened although cut at {len} of {whole}");
    }
    let error = read_everything(&VALID[..2880 + 239]).unwrap_err();
    assert!(error.contains("truncated: the header announces 2880 bytes of data, 239 are there"), "{error}");
}

#[test]
fn hostile_sizes_are_errors() {
    for value in ["-1", "9223372036854775807", "99999999999999999999", "1E300", "'3'", "2.5", "", "1000000000", "T"] {
        for keyword in ["BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "NAXIS3", "PCOUNT", "GCOUNT", "TFIELDS"] {
            for occurrence in
                0..cards().iter().filter(|&&at| VALID[at..].starts_with(format!("{keyword:<8}=").as_bytes())).count()
            {
                let opened = read_everything(&with_card(keyword, occurrence, value));
                assert!(opened.is_err(), "{keyword} = {value} was accepted");
            }
        }
    }
    for value in
        ["''", "'('", "'()'", "'E'", "'-1E'", "'99999999999999999999D'", "'9223372036854775807D'", "'1\u{7f}'", "'1P'"]
    {
        assert!(read_everything(&with_card("TFORM1", 0, value)).is_err(), "TFORM1 = {value} was accepted");
    }
}

#[test]
fn endless_rows_of_nothing_are_an_error() {
    let mut bytes = VALID.clone();
    // GTI, the first table: no columns' width, more rows than anyone can count.
    set_card(&mut bytes, "NAXIS1", 1, "0");
    set_card(&mut bytes, "NAXIS2", 1, "9223372036854775807");
    set_card(&mut bytes, "TFORM1", 0, "'0A'");
    set_card(&mut bytes, "TFORM2", 0, "'0D'");
    let error = read_everything(&bytes).unwrap_err();
    assert!(error.contains("rows of 0 bytes"), "{error}");
}

#[test]
fn more_axes_or_columns_than_fits_allows_are_an_error() {
    for keyword in ["NAXIS", "TFIELDS"] {
        let error = read_everything(&with_card(keyword, 0, "1000")).unwrap_err();
        assert!(error.contains(&format!("{keyword} is 1000, FITS allows 999 at most")), "{error}");
    }
}

#[test]
fn a_header_without_end_is_not_read_for_ever() {
    let mut bytes = VALID[..240].to_vec();
    bytes.resize(17_000_000_usize.next_multiple_of(2880), b' ');
    let error = read_everything(&bytes).unwrap_err();
    assert!(error.contains("no END card in the first 16000000 bytes"), "{error}");
}

#[test]
fn a_text_column_of_endless_rows_is_an_error() {
    let cards = |cards: &[&str]| {
        let mut text = cards.iter().map(|card| format!("{card:<80}")).collect::<Vec<_>>().concat();
        text.extend(std::iter::repeat_n(' ', text.len().next_multiple_of(2880) - text.len()));
        text
    };
    let mut bytes = cards(&["SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0", "END"]);
    let table =
        ["XTENSION= 'BINTABLE'", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 1", "NAXIS2  = 10000001", "PCOUNT  = 0"];
    let column = ["GCOUNT  = 1", "TFIELDS = 1", "TTYPE1  = 'TEXT'", "TFORM1  = '1A'", "END"];
    bytes.push_str(&cards(&[&table[..], &column].concat()));
    bytes.extend(std::iter::repeat_n('x', 10_000_001_usize.next_multiple_of(2880)));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file.fits");
    std::fs::write(&path, bytes).unwrap();
    let file = FitsFile::open(&path).unwrap();
    let error = file.read_text_column(&file.hdus()[1], "TEXT").unwrap_err().to_string();
    assert!(error.contains("'TEXT'") && error.contains("more than 10000000 texts"), "{error}");
}

#[test]
fn a_gzip_bomb_is_an_error() {
    // A gzip file may have several members, which inflate to one file.
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut member, &vec![b' '; 1 << 20]).unwrap();
    let error = read_everything(&member.finish().unwrap().repeat(257)).unwrap_err();
    assert!(error.contains("inflates to more than 268435456") && error.contains("gunzip the file first"), "{error}");
}

/// Counts cube and all source maps.
fn read_products(bytes: &[u8]) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file.fits");
    std::fs::write(&path, bytes).unwrap();
    let read = |path: &Path| {
        lat_io::read_counts_cube(path)?;
        let maps = SourceMapFile::open(path)?;
        maps.names().iter().try_for_each(|name| maps.read(name).map(drop))
    };
    read(&path).map_err(|error| error.to_string())
}

/// The valid file with the first data bytes of an HDU replaced.
fn with_data(hdu: usize, data: &[u8]) -> Vec<u8> {
    let starts = |at: &usize| VALID[*at..].starts_with(b"SIMPLE") || VALID[*at..].starts_with(b"XTENSION");
    let start = (0..VALID.len()).step_by(2880).filter(starts).nth(hdu).unwrap();
    let mut bytes = VALID.clone();
    let header: usize = (start..VALID.len()).step_by(80).find(|&at| bytes[at..].starts_with(b"END     ")).unwrap();
    let at = (header + 80).next_multiple_of(2880);
    bytes[at..at + data.len()].copy_from_slice(data);
    bytes
}

#[test]
fn values_that_cannot_be_are_errors_naming_the_hdu() {
    assert_eq!(read_products(&VALID), Ok(()));
    let row = |channel: i16, lower: f32, upper: f32| {
        [&channel.to_be_bytes()[..], &lower.to_be_bytes(), &upper.to_be_bytes()].concat()
    };
    for (bytes, words) in [
        (with_data(0, &f32::NAN.to_be_bytes()), ["'PRIMARY'", "NaN"]),
        (with_data(0, &(-1f32).to_be_bytes()), ["'PRIMARY'", "negative"]),
        (with_data(0, &f32::INFINITY.to_be_bytes()), ["'PRIMARY'", "inf"]),
        (with_data(1, &f64::NAN.to_be_bytes()), ["'GTI'", "no time interval"]),
        (with_data(2, &row(1, 2e6, 250e3)), ["'EBOUNDS'", "strictly increasing"]),
        (with_data(2, &row(1, -1.0, 250e3)), ["'EBOUNDS'", "positive"]),
        (with_data(2, &row(1, f32::NAN, 250e3)), ["'EBOUNDS'", "NaN"]),
        (with_data(2, &row(1, 100e3, 251e3)), ["'EBOUNDS'", "contiguous"]),
        (with_data(3, &f32::NAN.to_be_bytes()), ["'isodiff'", "NaN"]),
        (with_data(4, &f32::NEG_INFINITY.to_be_bytes()), ["'4FGL J0000.0-0000'", "inf"]),
        (with_card("TUNIT2", 1, "'erg'"), ["'EBOUNDS'", "unit is 'erg'"]),
        (with_card("TTYPE2", 1, "'ENERGY'"), ["'EBOUNDS'", "no column 'E_MIN'"]),
        (with_card("EXTNAME", 1, "'BOUNDS'"), ["no table 'EBOUNDS'", "'BOUNDS'"]),
        (with_card("EXTNAME", 3, "'isodiff'"), ["'isodiff'", "two source maps"]),
        (with_card("CTYPE1", 0, "'ELON-CAR'"), ["'PRIMARY'", "ELON-CAR"]),
        (with_card("CDELT2", 0, "0.0"), ["'PRIMARY'", "CDELT2"]),
        (with_card("CRVAL1", 0, "'west'"), ["CRVAL1", "'west'"]),
        (with_card("CRVAL2", 0, "-91.0"), ["'PRIMARY'", "CRVAL"]),
    ] {
        let error = read_products(&bytes).unwrap_err();
        for word in words {
            assert!(error.contains(word), "no {word} in: {error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_no_fits_file(bytes in proptest::collection::vec(any::<u8>(), 0..9000)) {
        prop_assert!(read_everything(&bytes).is_err());
    }

    #[test]
    fn random_bytes_behind_a_valid_start_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..9000), keep in 0usize..9000) {
        let mut file = VALID[..keep.min(VALID.len())].to_vec();
        file.extend(bytes);
        let _ = read_everything(&file);
    }

    #[test]
    fn flipped_bits_in_headers_do_not_panic(flips in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..80, 0u8..8), 1..6)) {
        let cards = cards();
        let mut file = VALID.clone();
        for (card, column, bit) in flips {
            file[card.get(&cards) + column] ^= 1 << bit;
        }
        let _ = read_everything(&file);
    }

    #[test]
    fn rewritten_values_in_headers_do_not_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), "[ -~]{1,30}|-?[0-9]{1,20}|'[ -~]{0,10}'?"), 1..4)) {
        let cards = cards();
        let mut file = VALID.clone();
        for (card, value) in changes {
            let at = card.get(&cards) + 10;
            file[at..at + 30].copy_from_slice(format!("{value:<30}").as_bytes());
        }
        let _ = read_everything(&file);
    }

    #[test]
    fn flipped_bits_anywhere_do_not_panic(flips in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..20)) {
        let mut file = VALID.clone();
        for (at, bit) in flips {
            let at = at.index(file.len());
            file[at] ^= 1 << bit;
        }
        let _ = read_everything(&file);
    }

    #[test]
    fn a_damaged_gzip_stream_is_an_error(cut in any::<prop::sample::Index>(), flip in any::<prop::sample::Index>(), bit in 0u8..8) {
        let packed = gzip(&VALID);
        prop_assert_eq!(read_everything(&packed), Ok(()));
        prop_assert!(read_everything(&packed[..cut.index(packed.len())]).is_err());
        let mut flipped = packed;
        let at = flip.index(flipped.len());
        flipped[at] ^= 1 << bit;
        // Some bits do not matter: a time stamp, fill bits, a match copied from elsewhere in a run of blanks.
        prop_assert!(read_everything(&flipped).is_err() || holds_the_original(&flipped), "byte {}", at);
    }
}

/// Whether a file holds the products that the valid one was written from.
fn holds_the_original(bytes: &[u8]) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file.fits");
    std::fs::write(&path, bytes).unwrap();
    let maps = SourceMapFile::open(&path).unwrap();
    lat_io::read_counts_cube(&path).unwrap() == small_counts()
        && small_maps().iter().all(|(name, map)| maps.read(name).unwrap() == *map)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
