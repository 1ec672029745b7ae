//! Changes of an input.

/// Bytes of a card of a FITS header.
const CARD: usize = 80;
/// Where the value of a card begins.
const VALUE: usize = 10;

/// Applies the edit that the numbers choose. Any numbers are an edit.
pub(crate) fn apply(bytes: &mut Vec<u8>, [kind, place, size, word]: [u32; 4], words: &[&str], cards: bool) {
    let at = scaled(place, bytes.len());
    let to = (at + 1 + scaled(size, 64)).min(bytes.len());
    let text = words.get(scaled(word, words.len())).map_or(&[][..], |word| word.as_bytes());
    match kind % if cards { 12 } else { 9 } {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << (word % 8);
            }
        }
        1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = word.to_le_bytes()[0];
            }
        }
        2 => replace(bytes, at..to, &[]),
        3 => replace(bytes, at..at, text),
        4 => replace(bytes, at..(at + text.len()).min(bytes.len()), text),
        5 => {
            let piece = bytes.get(at..to).unwrap_or_default().repeat(1 + (word % 20) as usize);
            replace(bytes, at..at, &piece);
        }
        6 => {
            let from = scaled(word, bytes.len());
            let piece = bytes.get(from..(from + to - at).min(bytes.len())).unwrap_or_default().to_vec();
            replace(bytes, at..(at + piece.len()).min(bytes.len()), &piece);
        }
        7 => replace_number(bytes, at, word),
        8 => bytes.truncate(if size % 4 == 0 { at } else { bytes.len() }),
        9 => overwrite(bytes, at / CARD * CARD, CARD, text),
        10 => overwrite(bytes, at / CARD * CARD + VALUE, 20, text),
        _ => overwrite(bytes, at / CARD * CARD + VALUE, 20, number(word).as_bytes()),
    }
}

/// `number` spread evenly over `0..len`; 0 when there is nothing.
fn scaled(number: u32, len: usize) -> usize {
    usize::try_from((u64::from(number) * len as u64) >> 32).unwrap_or(0)
}

fn replace(bytes: &mut Vec<u8>, range: std::ops::Range<usize>, with: &[u8]) {
    bytes.splice(range, with.iter().copied());
}

/// Writes text over a field, blanks behind it, as far as both the field and the bytes go.
fn overwrite(bytes: &mut [u8], at: usize, width: usize, text: &[u8]) {
    let blanks = std::iter::repeat(b' ');
    for (byte, new) in bytes.iter_mut().skip(at).take(width).zip(text.iter().copied().chain(blanks)) {
        *byte = new;
    }
}

/// Replaces the first run of digits from a place on.
fn replace_number(bytes: &mut Vec<u8>, at: usize, word: u32) {
    let digit = |byte: &u8| byte.is_ascii_digit();
    let Some(start) = bytes.iter().skip(at).position(digit).map(|offset| at + offset) else { return };
    let len = bytes.iter().skip(start).take_while(|byte| digit(byte)).count();
    replace(bytes, start..start + len, number(word).as_bytes());
}

/// A number that readers may stumble over.
fn number(word: u32) -> String {
    const EXTREMES: &[&str] = &[
        "0",
        "1",
        "-1",
        "2",
        "3",
        "7",
        "8",
        "255",
        "-32",
        "-64",
        "999",
        "1000",
        "32767",
        "65536",
        "2147483647",
        "2147483648",
        "4294967296",
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551616",
        "1e308",
        "1e-320",
        "-0.0",
        "1e400",
        "nan",
        "-inf",
        "0.5",
        "1D3",
        "08",
        "1_000",
        "0x10",
        "1e",
        "+5",
    ];
    match word % 3 {
        0 => (word / 3 % 40).to_string(),
        1 => (1u64 << (word / 3 % 64)).to_string(),
        _ => EXTREMES[word as usize / 3 % EXTREMES.len()].to_owned(),
    }
}
