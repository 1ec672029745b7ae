//! The points that show the profile of a bin.

use crate::curve::point::Point;

/// `n` points (at least 5), rising, from zero by way of the maximum `peak` to `upper`. With a lower limit the points between zero and it
/// are left out; a maximum that
/// hardly differs from zero has no points between.
pub(crate) fn scan_points(peak: f64, lower: Option<f64>, upper: f64, fall_to_zero: f64, n: usize) -> Vec<f64> {
    if peak <= 0.0 {
        return linspace(0.0, upper, n);
    }
    let mut points = match lower.filter(|lower| *lower > 0.0) {
        Some(lower) => {
            let below = (n - 1) / 2;
            let mut points = vec![0.0];
            points.extend(linspace(lower, peak, below + 1));
            points
        }
        None if fall_to_zero > 0.1 => linspace(0.0, peak, n / 2 + 1),
        None => vec![0.0, peak],
    };
    let rest = n + 1 - points.len();
    points.extend(linspace(peak, upper, rest).into_iter().skip(1));
    points
}

fn linspace(a: f64, b: f64, n: usize) -> Vec<f64> {
    let last = n.saturating_sub(1);
    (0..n).map(|i| if i == last { b } else { a + (b - a) * i as f64 / last as f64 }).collect()
}

/// The order in which points are visited: away from the maximum, upwards first.
pub(crate) fn outwards(points: &[f64], peak: &Point) -> Vec<usize> {
    let middle = points.iter().position(|&x| x >= peak.x).unwrap_or(points.len());
    (middle..points.len()).chain((0..middle).rev()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_as_many_as_asked_for_rise_from_zero_and_visit_the_maximum() {
        for n in 5..30 {
            for (peak, lower, fall) in [(1.0, Some(0.5), 9.0), (1.0, None, 1.0), (1.0, None, 0.01), (0.0, None, 0.0)] {
                let points = scan_points(peak, lower, 2.0, fall, n);
                assert_eq!(points.len(), n, "{points:?}");
                assert!(points.windows(2).all(|pair| pair[0] < pair[1]), "{points:?}");
                assert!(points[0] == 0.0 && points.last() == Some(&2.0) && points.contains(&peak), "{points:?}");
            }
        }
    }
}
