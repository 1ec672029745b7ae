//! The cuts that rows have passed, as headers tell them: the data sub-space keywords `NDSKEYS`, `DSTYPn`, `DSUNIn`, `DSVALn`, `DSREFn`.

use roi_model::{Frame, SkyDirection};

use super::number_text::general;
use crate::error::{Error, Result};
use crate::fits::{FitsFile, Hdu, Header};

/// How many digits the tools print of positions, and of the ends of ranges.
const DIGITS_OF_CONES: usize = 10;
const DIGITS_OF_RANGES: usize = 20;

/// A number of cuts that no file has.
const MOST_CUTS: i64 = 999;

/// One cut.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cut {
    /// `POS(RA,DEC)`: within `radius` of a direction, degrees.
    Cone {
        /// Right ascension of the middle.
        ra: f64,
        /// Declination of the middle.
        dec: f64,
        /// Radius.
        radius: f64,
    },
    /// A column between two numbers, `min:max`; either may be absent.
    Range {
        /// The column.
        column: String,
        /// Its unit.
        unit: String,
        /// The lower end.
        min: Option<f64>,
        /// The upper end.
        max: Option<f64>,
    },
    /// `BIT_MASK(column,mask,pass)`: a bit of the mask is set in the column. In files before Pass 8 the mask is the number of the bit.
    Mask {
        /// The column.
        column: String,
        /// The mask, or the number of the bit.
        mask: u32,
        /// The pass version, for example `P8R3`.
        pass: Option<String>,
    },
    /// `TIME`, `TABLE`: within the good time intervals of table GTI.
    GoodTimes,
    /// `NAME_VERSION`: a name such as that of the response functions.
    Version {
        /// For example `IRF_VERSION`.
        kind: String,
        /// The name.
        name: String,
    },
    /// What this version does not understand, kept as it is written.
    Other {
        /// `DSTYP`.
        kind: String,
        /// `DSUNI`.
        unit: String,
        /// `DSVAL`.
        value: String,
        /// `DSREF`, empty where there is none.
        reference: String,
    },
}

impl Cut {
    /// A range of a column, both ends given.
    pub fn range(column: &str, unit: &str, min: f64, max: f64) -> Self {
        Self::Range { column: column.into(), unit: unit.into(), min: Some(min), max: Some(max) }
    }

    /// `DSTYP`, `DSUNI`, `DSVAL` and `DSREF` as the LAT tools write them.
    ///
    /// ```
    /// let cone = lat_io::Cut::Cone { ra: 194.04652741, dec: -5.78931254, radius: 10.0 };
    /// assert_eq!(cone.texts(), ["POS(RA,DEC)", "deg", "CIRCLE(194.0465274,-5.78931254,10)", ""]);
    /// let energies = lat_io::Cut::range("ENERGY", "MeV", 100.0, 300_000.0);
    /// assert_eq!(energies.texts(), ["ENERGY", "MeV", "100:300000", ""]);
    /// ```
    pub fn texts(&self) -> [String; 4] {
        let own = |texts: [&str; 4]| texts.map(str::to_owned);
        match self {
            Self::Cone { ra, dec, radius } => {
                let [ra, dec, radius] = [ra, dec, radius].map(|value| general(*value, DIGITS_OF_CONES));
                own(["POS(RA,DEC)", "deg", &format!("CIRCLE({ra},{dec},{radius})"), ""])
            }
            Self::Range { column, unit, min, max } => {
                let end = |end: &Option<f64>| end.map(|value| general(value, DIGITS_OF_RANGES)).unwrap_or_default();
                own([column, unit, &format!("{}:{}", end(min), end(max)), ""])
            }
            Self::Mask { column, mask, pass } => {
                let pass = pass.as_ref().map(|pass| format!(",{pass}")).unwrap_or_default();
                own([&format!("BIT_MASK({column},{mask}{pass})"), "DIMENSIONLESS", "1:1", ""])
            }
            Self::GoodTimes => own(["TIME", "s", "TABLE", ":GTI"]),
            Self::Version { kind, name } => own([kind, "DIMENSIONLESS", name, ""]),
            Self::Other { kind, unit, value, reference } => own([kind, unit, value, reference]),
        }
    }

    /// The cut that four texts tell; `None` for a cone, mask or range that is none.
    fn from_texts([kind, unit, value, reference]: [&str; 4]) -> Option<Self> {
        let upper = kind.to_ascii_uppercase();
        let value_upper = value.to_ascii_uppercase();
        if let Some(circle) = value_upper.strip_prefix("CIRCLE") {
            return cone(&upper, circle);
        }
        if upper == "TIME" && value_upper == "TABLE" {
            return Some(Self::GoodTimes);
        }
        if let Some(arguments) = upper.strip_prefix("BIT_MASK") {
            return mask(arguments);
        }
        if upper.ends_with("VERSION") {
            return Some(Self::Version { kind: upper, name: value.to_owned() });
        }
        let other = || Self::Other {
            kind: kind.to_owned(),
            unit: unit.to_owned(),
            value: value.to_owned(),
            reference: reference.to_owned(),
        };
        // More than one range, another table or a shape.
        if !reference.is_empty() || value.contains([',', '(']) || value_upper == "TABLE" {
            return Some(other());
        }
        let (min, max) = value.split_once(':')?;
        let end = |text: &str| match text.trim() {
            "" => Some(None),
            text => text.parse::<f64>().ok().filter(|end| end.is_finite()).map(Some),
        };
        Some(Self::Range { column: upper, unit: unit.to_owned(), min: end(min)?, max: end(max)? })
    }
}

/// The texts between brackets and commas.
fn arguments(text: &str) -> Option<Vec<&str>> {
    let inside = text.trim().strip_prefix('(')?.strip_suffix(')')?;
    Some(inside.split(',').map(str::trim).collect())
}

/// `(lon,lat,radius)`; galactic where the kind says so.
fn cone(kind: &str, text: &str) -> Option<Cut> {
    let numbers: Option<Vec<f64>> = arguments(text)?.into_iter().map(|number| number.parse().ok()).collect();
    let &[lon, lat, radius] = numbers?.as_slice() else { return None };
    let frame = if kind.contains("GLON") { Frame::Galactic } else { Frame::Celestial };
    let direction: SkyDirection = frame.direction(lon, lat).ok()?;
    if !(radius > 0.0 && radius <= 180.0) {
        return None;
    }
    let (ra, dec) = if frame == Frame::Celestial { (lon, lat) } else { (direction.ra(), direction.dec()) };
    Some(Cut::Cone { ra, dec, radius })
}

/// `(column,mask)` or `(column,mask,pass)`.
fn mask(text: &str) -> Option<Cut> {
    let arguments = arguments(text)?;
    let (column, mask, pass) = match arguments.as_slice() {
        [column, mask] => (column, mask, None),
        [column, mask, pass] => (column, mask, Some((*pass).to_owned())),
        _ => return None,
    };
    Some(Cut::Mask { column: (*column).to_owned(), mask: mask.parse().ok()?, pass })
}

/// The cuts that the header of an HDU tells, in its order; none where `NDSKEYS` is absent.
///
/// # Errors
/// [`Error::Keyword`] when `NDSKEYS` is no number of cuts, or a cut lacks a keyword or has one that is no cone, mask or range.
pub fn read_cuts(file: &FitsFile, hdu: &Hdu) -> Result<Vec<Cut>> {
    let header = hdu.header();
    let wrong = |keyword: String, expected: &'static str| Error::Keyword {
        path: file.path().to_owned(),
        hdu: hdu.label(),
        found: header.get(&keyword).map_or_else(|| "missing".to_owned(), ToString::to_string),
        keyword,
        expected,
    };
    if header.get("NDSKEYS").is_none() {
        return Ok(Vec::new());
    }
    let count = header.integer("NDSKEYS").filter(|count| (0..=MOST_CUTS).contains(count));
    let count = count.ok_or_else(|| wrong("NDSKEYS".into(), "the number of cuts, 0 to 999"))?;
    let one = |number: i64| {
        let text = |key: &str| header.text(&format!("{key}{number}")).map(str::trim);
        let printable = |text: &str| text.chars().all(|c| (' '..='~').contains(&c));
        if let Some(key) = ["DSTYP", "DSUNI", "DSVAL", "DSREF"].into_iter().find(|key| !text(key).is_none_or(printable))
        {
            return Err(wrong(format!("{key}{number}"), "printable ASCII characters"));
        }
        let kind = text("DSTYP").ok_or_else(|| wrong(format!("DSTYP{number}"), "the kind of a cut"))?;
        let value = text("DSVAL").ok_or_else(|| wrong(format!("DSVAL{number}"), "the value of a cut"))?;
        let [unit, reference] = ["DSUNI", "DSREF"].map(|key| text(key).unwrap_or_default());
        // A reference belongs to tables alone.
        let reference = if value.eq_ignore_ascii_case("TABLE") { reference } else { "" };
        Cut::from_texts([kind, unit, value, reference]).ok_or_else(|| {
            wrong(
                format!("DSVAL{number}"),
                "min:max, circle(lon,lat,radius), TABLE, or BIT_MASK(column,mask,pass) in DSTYP",
            )
        })
    };
    (1..=count).map(one).collect()
}

/// Writes cuts into a header in place of those that it tells.
pub fn write_cuts(header: &mut Header, cuts: &[Cut]) {
    header.retain(|card| card.keyword != "NDSKEYS" && !is_cut_keyword(&card.keyword));
    header.set("NDSKEYS", i64::try_from(cuts.len()).unwrap_or(MOST_CUTS), "number of data subspace keywords");
    for (cut, number) in cuts.iter().zip(1..) {
        let [kind, unit, value, reference] = cut.texts();
        header.set(&format!("DSTYP{number}"), kind.as_str(), "");
        header.set(&format!("DSUNI{number}"), unit.as_str(), "");
        header.set(&format!("DSVAL{number}"), value.as_str(), "");
        if !reference.is_empty() {
            header.set(&format!("DSREF{number}"), reference.as_str(), "");
        }
    }
}

/// Whether a keyword is one of a numbered cut.
fn is_cut_keyword(keyword: &str) -> bool {
    ["DSTYP", "DSUNI", "DSVAL", "DSREF"].iter().any(|key| {
        keyword.strip_prefix(key).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_of_the_data_server_are_understood() {
        let read = |kind: &str, value: &str| Cut::from_texts([kind, "deg", value, ""]);
        assert_eq!(
            read("POS(RA,DEC)", "circle(194.04652741,-5.78931254,10.00000000)"),
            Some(Cut::Cone { ra: 194.04652741, dec: -5.78931254, radius: 10.0 })
        );
        assert_eq!(
            read("BIT_MASK(EVENT_CLASS,128,P8R3)", "1:1"),
            Some(Cut::Mask { column: "EVENT_CLASS".into(), mask: 128, pass: Some("P8R3".into()) })
        );
        assert_eq!(
            read("BIT_MASK(EVENT_CLASS,2)", "1:1"),
            Some(Cut::Mask { column: "EVENT_CLASS".into(), mask: 2, pass: None })
        );
        assert_eq!(read("ENERGY", "100.000000:100000.000000"), Some(Cut::range("ENERGY", "deg", 100.0, 1e5)));
        let open = Cut::Range { column: "ENERGY".into(), unit: "deg".into(), min: None, max: Some(5.0) };
        assert_eq!(read("energy", ":5"), Some(open));
        assert_eq!(read("TIME", "TABLE"), Some(Cut::GoodTimes));
        // The Crab, galactic.
        let Some(Cut::Cone { ra, dec, .. }) = read("POS(GLON,GLAT)", "circle(184.5575,-5.7844,5)") else { panic!() };
        assert!((ra - 83.633).abs() < 1e-3 && (dec - 22.0145).abs() < 1e-3, "{ra} {dec}");
    }

    #[test]
    fn what_is_no_cut_is_refused_and_what_is_unknown_is_kept() {
        let read = |kind: &str, value: &str| Cut::from_texts([kind, "", value, ""]);
        for (kind, value) in [
            ("POS(RA,DEC)", "circle(1,2)"),
            ("POS(RA,DEC)", "circle(1,95,3)"),
            ("POS(RA,DEC)", "circle(1,2,nan)"),
            ("ENERGY", "100"),
            ("ENERGY", "a:b"),
            ("ENERGY", "nan:3"),
            ("BIT_MASK(EVENT_CLASS)", "1:1"),
            ("BIT_MASK(EVENT_CLASS,-4)", "1:1"),
        ] {
            assert_eq!(read(kind, value), None, "{kind} {value}");
        }
        let polygon = read("POS(RA,DEC)", "polygon(1,2,3,4,5,6)").unwrap();
        assert_eq!(polygon.texts()[2], "polygon(1,2,3,4,5,6)");
    }

    #[test]
    fn cuts_replace_those_of_a_header() {
        let mut header = Header::default();
        write_cuts(&mut header, &[Cut::GoodTimes, Cut::range("ENERGY", "MeV", 1.0, 2.0)]);
        header.set("DSNAME", "kept", "");
        write_cuts(&mut header, &[Cut::range("ENERGY", "MeV", 1.5, 2.0)]);
        assert_eq!(header.integer("NDSKEYS"), Some(1));
        assert_eq!(header.text("DSVAL1"), Some("1.5:2"));
        assert_eq!((header.text("DSREF1"), header.text("DSTYP2"), header.text("DSNAME")), (None, None, Some("kept")));
    }
}
