//! Names of new sources, by their place.

use roi_model::{Roi, SkyDirection};

/// `PS JHHMM.m+DDMM`: ICRS, cut and not rounded, as the IAU has it; with a letter behind it when a source of the region has that name already.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "angles within their ranges")]
pub(crate) fn name_of(place: &SkyDirection, roi: &Roi) -> String {
    // A rounding error below a whole number is no part of a place.
    let tenths = (place.ra().rem_euclid(360.0) / 15.0 * 600.0 + 1e-6).floor() as u64 % (24 * 600);
    let minutes = (place.dec().abs() * 60.0 + 1e-6).floor() as u64;
    let sign = if place.dec() < 0.0 { '-' } else { '+' };
    let (hours, rest) = (tenths / 600, tenths % 600);
    let base = format!("PS J{hours:02}{:02}.{}{sign}{:02}{:02}", rest / 10, rest % 10, minutes / 60, minutes % 60);
    let is_free = |name: &String| roi.id_of(name).is_err();
    let with_letters = (1_u32..).map(|number| format!("{base}{}", letters(number)));
    // Of an endless list of names one is free.
    std::iter::once(base.clone()).chain(with_letters).find(is_free).unwrap_or(base)
}

/// a, b, ..., z, aa, ab, ...
fn letters(mut number: u32) -> String {
    let mut letters = String::new();
    while number > 0 {
        number -= 1;
        letters.insert(0, char::from_u32('a' as u32 + number % 26).unwrap_or('a'));
        number /= 26;
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;
    use roi_model::{Source, SourceType, SpatialModel, Spectrum};

    #[test]
    fn a_name_is_the_place_cut_and_never_taken_twice() {
        let place = SkyDirection::new(83.633, 22.0145).unwrap();
        let mut roi = Roi::new(place, Vec::new()).unwrap();
        assert_eq!(name_of(&place, &roi), "PS J0534.5+2200");
        for expected in ["PS J0534.5+2200", "PS J0534.5+2200a", "PS J0534.5+2200b"] {
            let name = name_of(&place, &roi);
            assert_eq!(name, expected);
            let spectrum = Spectrum::with_defaults("PowerLaw").unwrap();
            let spatial = SpatialModel::point(place).unwrap();
            roi.add_source(Source::new(name, SourceType::Point, spectrum, spatial).unwrap()).unwrap();
        }
        // Cut towards zero: -0.5 arc minutes are in the minute -00.
        assert_eq!(name_of(&SkyDirection::new(359.9999, -0.009).unwrap(), &roi), "PS J2359.9-0000");
        assert_eq!([1, 26, 27].map(letters), ["a", "z", "aa"]);
    }
}
