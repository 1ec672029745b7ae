//! The angle between two directions.

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
    use roi_model::SkyDirection;

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
