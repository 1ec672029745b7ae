//! Whether a row of a photon file passes.

use lat_io::Photon;
use lat_io::fits::{RowColumn, Rows};

use crate::times::GoodTimes;

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

/// The angle between two directions (longitude, latitude) in degrees, by the haversine formula (Sinnott 1984, Sky and Telescope 68, 159),
/// which the filters of the LAT tools use: near the border of a cone another formula may decide otherwise in the last bit.
pub(crate) fn separation([lon1, lat1]: [f64; 2], [lon2, lat2]: [f64; 2]) -> f64 {
    let across = (0.5 * (lon2 - lon1).to_radians()).sin();
    let along = (0.5 * (lat2 - lat1).to_radians()).sin();
    let square = along * along + lat1.to_radians().cos() * lat2.to_radians().cos() * across * across;
    let square = square.clamp(0.0, 1.0);
    2.0 * square.sqrt().atan2((1.0 - square).sqrt()).to_degrees()
}

#[cfg(test)]
mod tests {
    use roi_model::sky::SkyDirection;

    use super::separation;

    #[test]
    fn separations_are_those_of_vincentys_formula() {
        for (a, b) in [([10.0, 20.0], [10.1, 20.1]), ([359.9, -5.0], [0.2, -5.0]), ([0.0, 90.0], [123.0, -45.0])] {
            let [p, q] = [a, b].map(|[ra, dec]| SkyDirection::new(ra, dec).unwrap());
            approx::assert_relative_eq!(separation(a, b), p.separation(&q), max_relative = 1e-12);
        }
        assert_eq!(separation([1.0, 2.0], [1.0, 2.0]), 0.0);
    }
}
