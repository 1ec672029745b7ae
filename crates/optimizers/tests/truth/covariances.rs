//! Every covariance that is published is one.

use super::*;

/// ½ (A x - b)² with a matrix of any rank, plus a term that is linear or quartic in one parameter.
struct Deficient {
    rows: Vec<Vec<f64>>,
    goal: Vec<f64>,
    extra: f64,
}

impl Formula for Deficient {
    fn dim(&self) -> usize {
        4
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        let squares: D = self
            .rows
            .iter()
            .zip(&self.goal)
            .map(|(row, b)| (row.iter().zip(x).map(|(a, x)| *x * *a).sum::<D>() - *b).powi(2) * 0.5)
            .sum();
        squares + x[0].powi(4) * self.extra.abs() + x[1] * self.extra
    }
}

fn is_covariance(m: &Minimum) -> Result<(), String> {
    let (Some(covariance), Some(correlation)) = (&m.covariance, &m.correlation) else { return Ok(()) };
    let n = covariance.nrows();
    let largest = covariance.diag().iter().copied().fold(0.0, f64::max);
    for i in 0..n {
        for j in 0..n {
            if covariance[[i, j]] != covariance[[j, i]] || correlation[[i, j]] != correlation[[j, i]] {
                return Err(format!("not symmetric at {i} {j}"));
            }
            if correlation[[i, j]].abs() > 1.0 {
                return Err(format!("correlation {}", correlation[[i, j]]));
            }
        }
    }
    // Positive semi-definite: no pivot of an elimination is clearly negative, in units of the errors.
    let mut a = correlation.clone();
    for k in 0..n {
        if a[[k, k]] < -1e-9 {
            return Err(format!("pivot {} of {largest}", a[[k, k]]));
        }
        if a[[k, k]] > 1e-9 {
            for i in k + 1..n {
                let share = a[[i, k]] / a[[k, k]];
                for j in k + 1..n {
                    a[[i, j]] -= share * a[[k, j]];
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Degenerate, bounded, interrupted: what is published as a covariance is one, `fval` is the value at `values`, and
    /// quality 3 has no error at its range.
    #[test]
    fn every_covariance_is_one(
        rows in prop::collection::vec(prop::collection::vec(-2.0..2.0_f64, 4), 1..5),
        goal in prop::collection::vec(-3.0..3.0_f64, 5),
        (doubled, extra) in (0..3_usize, -0.1..0.1_f64),
        units in prop::collection::vec(-6..6_i32, 4),
        start in prop::collection::vec(0.0..=1.0_f64, 4),
        limit in prop::option::of(5..60_usize),
    ) {
        let mut rows = rows;
        for row in &mut rows {
            match doubled {
                0 => row[2] = row[3],
                1 => row[2] = 0.0,
                _ => {}
            }
            row.iter_mut().zip(&units).for_each(|(a, e)| *a *= 10.0_f64.powi(*e));
        }
        let bounds: Vec<(f64, f64)> = units.iter().map(|e| (-10.0_f64.powi(-e), 3.0 * 10.0_f64.powi(-e))).collect();
        let x: Vec<f64> = start.iter().zip(&bounds).map(|(t, (a, b))| (a + t * (b - a)).clamp(*a, *b)).collect();
        let problem = bounded(&x, &bounds);
        for name in registry().names() {
            for offers in OFFERS {
                let formula = Deficient { rows: rows.clone(), goal: goal.clone(), extra };
                let mut options = Options::default();
                options.max_calls = limit;
                let mut objective = Exact::new(formula, offers).within(&problem);
                for m in [
                    minimize(name, &mut objective, &problem, &options),
                    hesse(&mut objective, &problem, &options, &mut Silent).unwrap(),
                ] {
                    prop_assert_eq!(is_covariance(&m), Ok(()), "{} {:?} {:?}", name, offers, m);
                    prop_assert_eq!(m.fval, objective.value(&m.values).unwrap(), "{} {:?} {:?}", name, offers, m);
                    let ends = (0..4).any(|i| m.errors[i] >= 0.9 * (bounds[i].1 - bounds[i].0));
                    prop_assert!(m.quality < FitQuality::Accurate || !ends, "{} {:?} {:?}", name, offers, m);
                }
            }
        }
    }
}
