//! Masks of event classes and types: what they mean, and which can be selected after which.

use std::path::Path;

use lat_io::Cut;

use crate::error::{Error, Result};

/// Whether masks of a pass version are numbers of bits: all before Pass 8, release 1.
pub(super) fn is_bit_number(pass: &str) -> bool {
    ["", "NONE", "P6", "P7V6", "P7REP", "P8R0"].contains(&pass)
}

/// Pass 8 event classes (bit values) and the class that each is a part of, from the description of the Pass 8 classes: every event of the
/// first is one of the second.
const PART_OF: [(u32, u32); 9] = [
    (16, 8),     // TRANSIENT020 of TRANSIENT020E
    (32, 8),     // TRANSIENT010E of TRANSIENT020E
    (64, 16),    // TRANSIENT010 of TRANSIENT020
    (64, 32),    // TRANSIENT010 of TRANSIENT010E
    (128, 64),   // SOURCE of TRANSIENT010
    (256, 128),  // CLEAN of SOURCE
    (512, 256),  // ULTRACLEAN of CLEAN
    (1024, 512), // ULTRACLEANVETO of ULTRACLEAN
    (2048, 128), // SOURCEVETO of SOURCE
];

/// The partitions of Pass 8 event types: each event has one bit of each.
const PARTITIONS: [u32; 3] = [0x3, 0x3c, 0x3c0];

/// A mask may follow another of its column when all that it selects has passed that one.
///
/// # Errors
/// [`Error::Mask`] when it may not.
pub(super) fn check(path: &Path, list: &[Cut], new: &Cut) -> Result<()> {
    let Cut::Mask { column, mask, pass } = new else { return Ok(()) };
    if pass.as_deref().is_none_or(is_bit_number) {
        // Nested bits; the lower one is dropped.
        return Ok(());
    }
    for cut in list {
        let Cut::Mask { column: other, mask: present, .. } = cut else { continue };
        if other != column || mask & !present == 0 {
            continue;
        }
        let (allowed, reason) = match column.as_str() {
            "EVENT_CLASS" => (
                bits(*mask).all(|bit| is_part(bit, *present)),
                "not every event of the class asked for is one of the class present",
            ),
            _ => (
                PARTITIONS.iter().any(|all| present & all == *all),
                "the types present are a part of their partition (front/back, PSF0-3, EDISP0-3), so events of the types asked for are missing",
            ),
        };
        if !allowed {
            let (path, column, reason) = (path.to_owned(), column.clone(), reason.to_owned());
            return Err(Error::Mask { path, column, asked: *mask, present: *present, reason });
        }
    }
    Ok(())
}

fn bits(mask: u32) -> impl Iterator<Item = u32> {
    (0..u32::BITS).map(|number| 1 << number).filter(move |bit| mask & bit != 0)
}

/// Whether a class is one of those of a mask or a part of one of them.
fn is_part(class: u32, mask: u32) -> bool {
    class & mask != 0 || PART_OF.iter().any(|&(part, whole)| part == class && is_part(whole, mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(column: &str, present: u32, asked: u32) -> bool {
        let mask = |mask| Cut::Mask { column: column.into(), mask, pass: Some("P8R3".into()) };
        check("photons.fits".as_ref(), &[Cut::GoodTimes, mask(present)], &mask(asked)).is_ok()
    }

    #[test]
    fn a_class_is_selected_from_one_that_holds_it() {
        for (present, asked) in [(128, 128), (128, 256), (64, 2048), (8, 1024), (128 | 65536, 65536), (16, 128 | 256)] {
            assert!(allowed("EVENT_CLASS", present, asked), "{present} -> {asked}");
        }
        for (present, asked) in [(256, 128), (128, 65536), (2048, 256), (128, 128 | 16)] {
            assert!(!allowed("EVENT_CLASS", present, asked), "{present} -> {asked}");
        }
    }

    #[test]
    fn types_are_selected_from_whole_partitions() {
        for (present, asked) in [(3, 1), (3, 4), (60, 32), (960, 3), (1, 1)] {
            assert!(allowed("EVENT_TYPE", present, asked), "{present} -> {asked}");
        }
        for (present, asked) in [(1, 2), (1, 3), (1, 4), (32, 60)] {
            assert!(!allowed("EVENT_TYPE", present, asked), "{present} -> {asked}");
        }
        let mask = |mask| Cut::Mask { column: "EVENT_TYPE".into(), mask, pass: Some("P8R3".into()) };
        let error = check("a.fits".as_ref(), &[mask(1)], &mask(4)).unwrap_err().to_string();
        assert!(error.contains("a.fits") && error.contains("mask 4") && error.contains("as the data server gave it"));
    }
}
