//! Peaks of a TS map, and where between the pixels they are.

use lat_response::SkyGrid;
use ndarray::{Array1, Array2};
use roi_model::SkyDirection;

/// How many pixels on each side of a peak its paraboloid is fitted to.
const AROUND: usize = 2;

/// The highest pixel around.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PeakPixel {
    pub(crate) pixel: usize,
    pub(crate) ts: f64,
}

/// Pixels of the searched ones that are the highest within a separation (degrees) and have at least a TS, the highest first.
pub(crate) fn peaks(grid: &SkyGrid, ts: &[f64], least: f64, separation: f64) -> Vec<PeakPixel> {
    let mut above: Vec<PeakPixel> =
        ts.iter().enumerate().filter(|(_, ts)| **ts >= least).map(|(pixel, &ts)| PeakPixel { pixel, ts }).collect();
    // Of equals the first.
    above.sort_by(|a, b| b.ts.total_cmp(&a.ts).then(a.pixel.cmp(&b.pixel)));
    let near = separation.max(2.0 * grid.solid_angle(grid.n_pixels() / 2).sqrt().to_degrees());
    let mut found: Vec<PeakPixel> = Vec::new();
    // All higher pixels nearby hide a lower one, those that are no peaks themselves, too.
    let mut higher: Vec<SkyDirection> = Vec::new();
    for peak in above {
        let Some(place) = grid.direction(peak.pixel) else { continue };
        if higher.iter().all(|other| other.separation(&place) >= near) {
            found.push(peak);
        }
        higher.push(place);
    }
    found
}

/// The maximum of a paraboloid through the pixels around a peak; the peak's own centre where there is none on the map.
pub(crate) fn place_of(grid: &SkyGrid, ts: &Array2<f64>, pixel: usize) -> Option<SkyDirection> {
    let own = grid.direction(pixel)?;
    let SkyGrid::Wcs(image) = grid else { return Some(own) };
    let [nx, ny] = image.size();
    let (x, y) = (pixel % nx, pixel / nx);
    let mut points = Vec::new();
    for row in y.saturating_sub(AROUND)..(y + AROUND + 1).min(ny) {
        for column in x.saturating_sub(AROUND)..(x + AROUND + 1).min(nx) {
            let value = ts[[row, column]];
            // A TS of zero is where a maximum below zero was cut.
            if value > 0.0 {
                points.push((column as f64 - x as f64, row as f64 - y as f64, value));
            }
        }
    }
    let Some([_, bx, by, cxx, cxy, cyy]) = paraboloid(&points) else { return Some(own) };
    // TS = a + b.d + d.C.d, with C = ((cxx, cxy/2), (cxy/2, cyy)).
    let determinant = 4.0 * cxx * cyy - cxy * cxy;
    let (dx, dy) = ((cxy * by - 2.0 * cyy * bx) / determinant, (cxy * bx - 2.0 * cxx * by) / determinant);
    let is_near = dx.abs().max(dy.abs()) <= AROUND as f64;
    let place = image.to_direction(x as f64 + 1.0 + dx, y as f64 + 1.0 + dy);
    let is_maximum = cxx < 0.0 && determinant > 0.0 && is_near;
    Some(place.filter(|place| is_maximum && grid.pixel(place).is_some()).unwrap_or(own))
}

/// Least squares of `a + bx x + by y + cxx x^2 + cxy x y + cyy y^2`.
fn paraboloid(points: &[(f64, f64, f64)]) -> Option<[f64; 6]> {
    if points.len() < 9 {
        return None;
    }
    let (mut matrix, mut right) = (Array2::zeros((6, 6)), Array1::zeros(6));
    for &(x, y, value) in points {
        let terms = Array1::from(vec![1.0, x, y, x * x, x * y, y * y]);
        for (mut row, a) in matrix.outer_iter_mut().zip(&terms) {
            row.scaled_add(*a, &terms);
        }
        right.scaled_add(value, &terms);
    }
    // No inverse where the points lie on a line, or on two.
    let solution = optimizers::inverse(&matrix)?.dot(&right);
    <[f64; 6]>::try_from(solution.to_vec()).ok().filter(|terms| terms.iter().all(|term| term.is_finite()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lat_response::{Frame, WcsHeader};

    fn grid() -> SkyGrid {
        SkyGrid::wcs(WcsHeader::centered([60, 40], 0.1, Frame::Celestial, "AIT", [83.6, 22.0])).unwrap()
    }

    #[test]
    fn a_paraboloid_is_found_between_the_pixels() {
        let (cxx, cxy, cyy) = (-3.0, 0.8, -2.0);
        let (x0, y0) = (20.3, 17.6);
        let ts = Array2::from_shape_fn((40, 60), |(y, x)| {
            let (dx, dy) = (x as f64 - x0, y as f64 - y0);
            80.0 + cxx * dx * dx + cxy * dx * dy + cyy * dy * dy
        });
        let found = place_of(&grid(), &ts, 18 * 60 + 20).unwrap();
        let SkyGrid::Wcs(image) = grid() else { return };
        let (x, y) = image.to_pixel(&found).unwrap();
        assert!((x - 1.0 - x0).abs() < 1e-6 && (y - 1.0 - y0).abs() < 1e-6, "{x} {y}");
        // Without a maximum it is the pixel.
        let valley = ts.mapv(|ts| 200.0 - ts);
        assert_eq!(place_of(&grid(), &valley, 1100), grid().direction(1100));
    }

    #[test]
    fn a_peak_is_the_highest_pixel_within_the_separation() {
        let mut ts = vec![0.0; 2400];
        for (pixel, value) in [(1220, 50.0), (1222, 40.0), (1240, 30.0), (100, 24.0)] {
            ts[pixel] = value;
        }
        let found: Vec<usize> = peaks(&grid(), &ts, 25.0, 1.0).iter().map(|peak| peak.pixel).collect();
        assert_eq!(found, [1220, 1240]);
        assert_eq!(peaks(&grid(), &ts, 20.0, 1.0).len(), 3);
    }
}
