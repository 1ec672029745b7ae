//! Whether a row of a photon file passes.

use lat_io::Photon;
use lat_io::{RowColumn, Rows};

use crate::intervals::GoodTimes;
use crate::separation::separation;

/// One test; a row passes when it passes all.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// Time within good times, both ends included.
    Within(GoodTimes),
    /// A bit of the mask is set.
    AnyBit { column: RowColumn, mask: u32 },
    /// The bit of this number is set.
    Bit { column: RowColumn, number: u32 },
    /// Above the lower end and up to the upper one; both included where they are equal.
    Range { column: RowColumn, min: Option<f64>, max: Option<f64> },
    /// Nearer than the radius, degrees.
    Cone { ra: f64, dec: f64, radius: f64 },
}

impl Test {
    /// Whether a photon passes.
    pub(crate) fn passes(&self, rows: &Rows<'_>, index: usize, photon: &Photon) -> bool {
        match self {
            Self::Within(times) => times.contains(photon.time),
            Self::AnyBit { column, mask } => rows.bits(index, column) & u64::from(*mask) != 0,
            Self::Bit { column, number } => rows.bits(index, column).checked_shr(*number).unwrap_or(0) & 1 == 1,
            Self::Range { column, min, max } => {
                let value = rows.number(index, column);
                let one_value = min.is_some() && min == max;
                let above = min.is_none_or(|min| if one_value { min <= value } else { min < value });
                above && max.is_none_or(|max| value <= max)
            }
            Self::Cone { ra, dec, radius } => separation([photon.ra, photon.dec], [*ra, *dec]) < *radius,
        }
    }

    /// How much work a test takes; the cheap ones come first.
    pub(crate) fn cost(&self) -> u8 {
        match self {
            Self::Range { .. } | Self::AnyBit { .. } | Self::Bit { .. } => 0,
            Self::Within(_) => 1,
            Self::Cone { .. } => 2,
        }
    }
}
