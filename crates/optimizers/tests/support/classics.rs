//! Test functions of J. J. Moré, B. S. Garbow, K. E. Hillstrom, ACM Transactions on Mathematical Software 7 (1981) 17,
//! with the minima published there, and a few other classics.

use super::{Formula, Number, bounded, unbounded};
use optimizers::Problem;
use std::f64::consts::PI;

const INF: f64 = f64::INFINITY;

/// A function by its name; sums of squares are summed as they stand there, without a half.
#[derive(Clone, Copy)]
pub(crate) struct Classic(pub(crate) &'static str, pub(crate) usize);

fn squares<D: Number>(residuals: impl IntoIterator<Item = D>) -> D {
    residuals.into_iter().fold(D::from(0.0), |sum, r| sum + r * r)
}

fn bard<D: Number>(x: &[D]) -> D {
    let y = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39];
    squares(y.iter().enumerate().map(|(i, y)| {
        let (u, v) = (i as f64 + 1.0, 15.0 - i as f64);
        -(x[0] + D::from(u) / (x[1] * v + x[2] * u.min(v))) + *y
    }))
}

fn kowalik_osborne<D: Number>(x: &[D]) -> D {
    let y = [0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246];
    let u = [4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625];
    squares(y.iter().zip(u).map(|(y, u)| -(x[0] * (x[1] * u + u * u) / (x[2] * u + x[3] + u * u)) + *y))
}

fn osborne_1<D: Number>(x: &[D]) -> D {
    let y = [
        0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603,
        0.580, 0.558, 0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420, 0.414, 0.411,
        0.406,
    ];
    squares(y.iter().enumerate().map(|(i, y)| {
        let t = 10.0 * i as f64;
        -(x[0] + x[1] * (-x[3] * t).exp() + x[2] * (-x[4] * t).exp()) + *y
    }))
}

fn osborne_2<D: Number>(x: &[D]) -> D {
    let y = [
        1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608, 0.655, 0.616, 0.606,
        0.602, 0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661, 0.612, 0.558, 0.533, 0.495, 0.500, 0.423,
        0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428, 0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668,
        0.645, 0.632, 0.591, 0.559, 0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098,
        0.054,
    ];
    squares(y.iter().enumerate().map(|(i, y)| {
        let t = 0.1 * i as f64;
        let line = |k: usize| x[k] * (-((-x[7 + k] + t).powi(2) * x[4 + k])).exp();
        -(x[0] * (-x[4] * t).exp() + line(1) + line(2) + line(3)) + *y
    }))
}

/// Sums of the Chebyshev polynomials, shifted to the unit interval, beside their integrals.
fn chebyquad<D: Number>(x: &[D]) -> D {
    let n = x.len();
    let shifted: Vec<D> = x.iter().map(|x| *x * 2.0 - 1.0).collect();
    let (mut before, mut here) = (vec![D::from(1.0); n], shifted.clone());
    squares((1..=n).map(|degree| {
        let mean: D = here.iter().copied().sum::<D>() / n as f64;
        let next: Vec<D> = (0..n).map(|j| shifted[j] * here[j] * 2.0 - before[j]).collect();
        before = std::mem::replace(&mut here, next);
        let integral = if degree % 2 == 0 { -1.0 / ((degree * degree) as f64 - 1.0) } else { 0.0 };
        mean - integral
    }))
}

fn penalty_2<D: Number>(x: &[D]) -> D {
    let n = x.len();
    let e = |k: usize| (k as f64 / 10.0).exp();
    let steps = (1..n).map(|i| ((x[i] / 10.0).exp() + (x[i - 1] / 10.0).exp() - (e(i + 1) + e(i))).powi(2));
    let ends = (1..n).map(|i| ((x[i] / 10.0).exp() - (-0.1_f64).exp()).powi(2));
    let weighted: D = (0..n).map(|j| x[j] * x[j] * (n - j) as f64).sum();
    (x[0] - 0.2).powi(2) + steps.chain(ends).sum::<D>() * 1e-5 + (weighted - 1.0).powi(2)
}

fn integral_equation<D: Number>(x: &[D]) -> D {
    let n = x.len();
    let h = 1.0 / (n as f64 + 1.0);
    let t = |i: usize| (i as f64 + 1.0) * h;
    squares((0..n).map(|i| {
        let cube = |j: usize| (x[j] + t(j) + 1.0).powi(3);
        let left: D = (0..=i).map(|j| cube(j) * t(j)).sum();
        let right: D = (i + 1..n).map(|j| cube(j) * (1.0 - t(j))).sum();
        x[i] + (left * (1.0 - t(i)) + right * t(i)) * (0.5 * h)
    }))
}

/// Problems with bounds of W. Hock, K. Schittkowski, Test Examples for Nonlinear Programming Codes, Lecture Notes in Economics and
/// Mathematical Systems 187 (1981), by their numbers.
fn hock_schittkowski<D: Number>(name: &str, x: &[D]) -> D {
    match name {
        "HS 3" => x[1] + (x[1] - x[0]).powi(2) * 1e-5,
        "HS 4" => (x[0] + 1.0).powi(3) / 3.0 + x[1],
        "HS 5" => (x[0] + x[1]).sin() + (x[0] - x[1]).powi(2) - x[0] * 1.5 + x[1] * 2.5 + 1.0,
        "HS 45" => -(x.iter().fold(D::from(1.0), |product, x| product * *x) / 120.0) + 2.0,
        _ => {
            let logs: D = x.iter().map(|x| (*x - 2.0).ln().powi(2) + (-*x + 10.0).ln().powi(2)).sum();
            logs - (x.iter().map(D::ln).sum::<D>() * 0.2).exp()
        }
    }
}

fn meyer<D: Number>(x: &[D]) -> D {
    let y = [
        34780.0, 28610.0, 23650.0, 19630.0, 16370.0, 13720.0, 11540.0, 9744.0, 8261.0, 7030.0, 6005.0, 5147.0, 4427.0,
        3820.0, 3307.0, 2872.0,
    ];
    squares(y.iter().enumerate().map(|(i, y)| x[0] * (x[1] / (x[2] + (50.0 + 5.0 * i as f64))).exp() - *y))
}

fn watson<D: Number>(x: &[D]) -> D {
    let n = x.len();
    let mut sum = D::from(0.0);
    for i in 1..=29 {
        let t = f64::from(i) / 29.0;
        let slope: D = (1..n).map(|j| x[j] * (j as f64 * t.powf(j as f64 - 1.0))).sum();
        let value: D = (0..n).map(|j| x[j] * t.powf(j as f64)).sum();
        sum += (slope - value * value - 1.0).powi(2);
    }
    sum + x[0] * x[0] + (x[1] - x[0] * x[0] - 1.0).powi(2)
}

fn helical_valley<D: Number>(x: &[D]) -> D {
    let turn = (x[1] / x[0]).atan() / (2.0 * PI) + if x[0].re() < 0.0 { 0.5 } else { 0.0 };
    let radius = (x[0] * x[0] + x[1] * x[1]).sqrt();
    squares([(x[2] - turn * 10.0) * 10.0, (radius - 1.0) * 10.0, x[2]])
}

fn exponentials<D: Number>(name: &str, x: &[D]) -> D {
    let t = |i: i32| 0.1 * f64::from(i);
    match name {
        "Box 3" => squares(
            (1..=10)
                .map(|i| (-x[0] * t(i)).exp() - (-x[1] * t(i)).exp() - x[2] * ((-t(i)).exp() - (-10.0 * t(i)).exp())),
        ),
        "Biggs EXP6" => squares((1..=13).map(|i| {
            let y = (-t(i)).exp() - 5.0 * (-10.0 * t(i)).exp() + 3.0 * (-4.0 * t(i)).exp();
            x[2] * (-x[0] * t(i)).exp() - x[3] * (-x[1] * t(i)).exp() + x[5] * (-x[4] * t(i)).exp() - y
        })),
        "Gulf" => squares((1..=99).map(|i| {
            let t = f64::from(i) / 100.0;
            let y = 25.0 + (-50.0 * t.ln()).powf(2.0 / 3.0);
            let base = -x[1] + y;
            let size = if base.re() < 0.0 { -base } else { base };
            (-((size.ln() * x[2]).exp() / x[0])).exp() - t
        })),
        "Jennrich-Sampson" => squares((1..=10).map(|i| {
            let i = f64::from(i);
            -((x[0] * i).exp() + (x[1] * i).exp()) + 2.0 + 2.0 * i
        })),
        _ => {
            let y = [
                0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989, 0.3521, 0.2420, 0.1295, 0.0540, 0.0175,
                0.0044, 0.0009,
            ];
            squares(y.iter().enumerate().map(|(i, y)| {
                let t = (7.0 - i as f64) / 2.0;
                x[0] * (-(x[1] * (-x[2] + t).powi(2)) * 0.5).exp() - *y
            }))
        }
    }
}

fn many<D: Number>(name: &str, x: &[D]) -> D {
    let n = x.len();
    let size = n as f64;
    match name {
        "Rosenbrock" => x.chunks(2).map(|p| (p[1] - p[0] * p[0]).powi(2) * 100.0 + (-p[0] + 1.0).powi(2)).sum(),
        "Powell singular" => x
            .chunks(4)
            .map(|p| {
                (p[0] + p[1] * 10.0).powi(2)
                    + (p[2] - p[3]).powi(2) * 5.0
                    + (p[1] - p[2] * 2.0).powi(4)
                    + (p[0] - p[3]).powi(4) * 10.0
            })
            .sum(),
        "Penalty I" => {
            squares(x.iter().map(|x| *x - 1.0)) * 1e-5 + (x.iter().map(|x| *x * *x).sum::<D>() - 0.25).powi(2)
        }
        "Variably dimensioned" => {
            let weighted: D = x.iter().enumerate().map(|(j, x)| (*x - 1.0) * (j as f64 + 1.0)).sum();
            squares(x.iter().map(|x| *x - 1.0)) + weighted * weighted + weighted.powi(4)
        }
        "Trigonometric" => {
            let cosines: D = x.iter().map(D::cos).sum();
            squares(x.iter().enumerate().map(|(i, x)| -cosines + size + (-x.cos() + 1.0) * (i as f64 + 1.0) - x.sin()))
        }
        "Brown almost linear" => {
            let sum: D = x.iter().copied().sum();
            let product = x.iter().fold(D::from(1.0), |p, x| p * *x);
            squares((0..n - 1).map(|i| x[i] + sum - (size + 1.0))) + (product - 1.0).powi(2)
        }
        "Linear, full rank" => {
            let mean: D = x.iter().copied().sum::<D>() * 0.1;
            squares((0..10).map(|i| x.get(i).copied().unwrap_or(D::from(0.0)) - mean * 2.0 - 1.0))
        }
        "Broyden banded" => squares((0..n).map(|i| {
            let band = (i.saturating_sub(5)..(i + 2).min(n)).filter(|j| *j != i).map(|j| x[j] * (x[j] + 1.0));
            x[i] * (x[i] * x[i] * 5.0 + 2.0) + 1.0 - band.sum::<D>()
        })),
        "Broyden tridiagonal" => squares((0..n).map(|i| {
            let before = if i > 0 { x[i - 1] } else { D::from(0.0) };
            let after = if i + 1 < n { x[i + 1] } else { D::from(0.0) };
            (-x[i] * 2.0 + 3.0) * x[i] - before - after * 2.0 + 1.0
        })),
        _ => squares((0..n).map(|i| {
            let h = 1.0 / (size + 1.0);
            let before = if i > 0 { x[i - 1] } else { D::from(0.0) };
            let after = if i + 1 < n { x[i + 1] } else { D::from(0.0) };
            x[i] * 2.0 - before - after + (x[i] + h * (i as f64 + 1.0) + 1.0).powi(3) * (h * h / 2.0)
        })),
    }
}

impl Formula for Classic {
    fn dim(&self) -> usize {
        self.1
    }

    fn eval<D: Number>(&self, x: &[D]) -> D {
        match self.0 {
            "Freudenstein-Roth" => squares([
                x[0] - 13.0 + ((-x[1] + 5.0) * x[1] - 2.0) * x[1],
                x[0] - 29.0 + ((x[1] + 1.0) * x[1] - 14.0) * x[1],
            ]),
            "Powell badly scaled" => squares([x[0] * x[1] * 1e4 - 1.0, (-x[0]).exp() + (-x[1]).exp() - 1.0001]),
            "Brown badly scaled" => squares([x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2.0]),
            "Beale" => squares([(1, 1.5), (2, 2.25), (3, 2.625)].map(|(i, y)| -(x[0] * (-x[1].powi(i) + 1.0)) + y)),
            "Helical valley" => helical_valley(x),
            "Bard" => bard(x),
            "Meyer" => meyer(x),
            "Kowalik-Osborne" => kowalik_osborne(x),
            "Osborne 1" => osborne_1(x),
            "Osborne 2" => osborne_2(x),
            "Chebyquad" => chebyquad(x),
            "Penalty II" => penalty_2(x),
            "Discrete integral equation" => integral_equation(x),
            name if name.starts_with("HS ") => hock_schittkowski(name, x),
            "Watson" => watson(x),
            "Brown-Dennis" => squares((1..=20).map(|i| {
                let t = f64::from(i) / 5.0;
                (x[0] + x[1] * t - t.exp()).powi(2) + (x[2] + x[3] * t.sin() - t.cos()).powi(2)
            })),
            "Wood" => {
                (x[1] - x[0] * x[0]).powi(2) * 100.0
                    + (-x[0] + 1.0).powi(2)
                    + (x[3] - x[2] * x[2]).powi(2) * 90.0
                    + (-x[2] + 1.0).powi(2)
                    + (x[1] + x[3] - 2.0).powi(2) * 10.0
                    + (x[1] - x[3]).powi(2) * 0.1
            }
            "Goldstein-Price" => {
                let (a, b) = (x[0], x[1]);
                let first = (a + b + 1.0).powi(2)
                    * (-a * 14.0 + a * a * 3.0 - b * 14.0 + a * b * 6.0 + b * b * 3.0 + 19.0)
                    + 1.0;
                let second = (a * 2.0 - b * 3.0).powi(2)
                    * (-a * 32.0 + a * a * 12.0 + b * 48.0 - a * b * 36.0 + b * b * 27.0 + 18.0)
                    + 30.0;
                first * second
            }
            "Box 3" | "Biggs EXP6" | "Gulf" | "Jennrich-Sampson" | "Gaussian" => exponentials(self.0, x),
            name => many(name, x),
        }
    }
}

pub(crate) struct Case {
    pub(crate) classic: Classic,
    pub(crate) problem: Problem,
    /// Published minima; several where there are several.
    pub(crate) minima: &'static [f64],
}

pub(crate) fn cases() -> Vec<Case> {
    let free =
        |name, start: &[f64], minima| Case { classic: Classic(name, start.len()), problem: unbounded(start), minima };
    let boxed = |name, start: &[f64], bounds: &[(f64, f64)], minima| Case {
        classic: Classic(name, start.len()),
        // A start outside is moved to the nearest bound.
        problem: bounded(
            &start.iter().zip(bounds).map(|(x, (low, high))| x.clamp(*low, *high)).collect::<Vec<_>>(),
            bounds,
        ),
        minima,
    };
    let repeat = |block: &[f64], times: usize| block.repeat(times);
    let ramp = |n: usize, f: &dyn Fn(f64) -> f64| (1..=n).map(|j| f(j as f64 / (n as f64 + 1.0))).collect::<Vec<_>>();
    vec![
        free("Rosenbrock", &[-1.2, 1.0], &[0.0]),
        free("Freudenstein-Roth", &[0.5, -2.0], &[0.0, 48.984_253_7]),
        free("Powell badly scaled", &[0.0, 1.0], &[0.0]),
        free("Brown badly scaled", &[1.0, 1.0], &[0.0]),
        free("Beale", &[1.0, 1.0], &[0.0]),
        free("Jennrich-Sampson", &[0.3, 0.4], &[124.362_182_36]),
        free("Helical valley", &[-1.0, 0.0, 0.0], &[0.0]),
        free("Bard", &[1.0, 1.0, 1.0], &[8.214_877_3e-3, 17.428_67]),
        free("Gaussian", &[0.4, 1.0, 0.0], &[1.127_932_77e-8]),
        free("Meyer", &[0.02, 4000.0, 250.0], &[87.945_855_2]),
        free("Gulf", &[5.0, 2.5, 0.15], &[0.0]),
        free("Box 3", &[0.0, 10.0, 20.0], &[0.0]),
        free("Powell singular", &[3.0, -1.0, 0.0, 1.0], &[0.0]),
        free("Wood", &[-3.0, -1.0, -3.0, -1.0], &[0.0]),
        free("Kowalik-Osborne", &[0.25, 0.39, 0.415, 0.39], &[3.075_056_04e-4, 1.027_34e-3]),
        free("Brown-Dennis", &[25.0, 5.0, -5.0, -1.0], &[85_822.201_6]),
        free("Osborne 1", &[0.5, 1.5, -1.0, 0.01, 0.02], &[5.464_894_7e-5]),
        free("Biggs EXP6", &[1.0, 2.0, 1.0, 1.0, 1.0, 1.0], &[0.0, 5.655_649_9e-3]),
        free("Watson", &[0.0; 6], &[2.287_670_05e-3]),
        free("Rosenbrock", &repeat(&[-1.2, 1.0], 10), &[0.0]),
        free("Powell singular", &repeat(&[3.0, -1.0, 0.0, 1.0], 5), &[0.0]),
        free("Penalty I", &[1.0, 2.0, 3.0, 4.0], &[2.249_977_5e-5]),
        free("Variably dimensioned", &ramp(9, &|t| 1.0 - t * 10.0 / 9.0), &[0.0]),
        free("Trigonometric", &[0.1; 10], &[0.0, 2.795_06e-5]),
        free("Brown almost linear", &[0.5; 10], &[0.0, 1.0]),
        free("Discrete boundary value", &ramp(10, &|t| t * (t - 1.0)), &[0.0]),
        free("Broyden tridiagonal", &[-1.0; 10], &[0.0]),
        free("Linear, full rank", &[1.0; 5], &[5.0]),
        free("Broyden banded", &[-1.0; 10], &[0.0]),
        free("Discrete integral equation", &ramp(10, &|t| t * (t - 1.0)), &[0.0]),
        free("Penalty II", &[0.5; 4], &[9.376_29e-6]),
        free("Penalty II", &[0.5; 10], &[2.936_605e-4]),
        free("Chebyquad", &ramp(7, &|t| t), &[0.0]),
        free("Chebyquad", &ramp(8, &|t| t), &[3.516_874e-3]),
        free("Osborne 2", &[1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5], &[4.013_774e-2]),
        free("Goldstein-Price", &[-0.4, -0.6], &[3.0, 30.0, 84.0, 840.0]),
        // Published with bounds by D. M. Gay, ACM Transactions on Mathematical Software 9 (1983) 503.
        boxed("Powell badly scaled", &[0.0, 1.0], &[(0.0, 1.0), (1.0, 9.0)], &[1.512_590e-10]),
        boxed("Beale", &[1.0, 1.0], &[(0.6, 10.0), (0.5, 100.0)], &[0.0]),
        boxed("Helical valley", &[-1.0, 0.0, 0.0], &[(-100.0, 0.8), (-1.0, 1.0), (-1.0, 1.0)], &[0.990_422]),
        boxed(
            "Wood",
            &[-3.0, -1.0, -3.0, -1.0],
            &[(-100.0, 0.0), (-100.0, 10.0), (-100.0, 100.0), (-100.0, 100.0)],
            &[1.556_701],
        ),
        boxed("Box 3", &[0.0, 10.0, 20.0], &[(0.0, 2.0), (5.0, 9.5), (0.0, 20.0)], &[1.143_482_5e-4]),
        boxed(
            "Brown-Dennis",
            &[25.0, 5.0, -5.0, -1.0],
            &[(-10.0, 100.0), (0.0, 15.0), (-100.0, 0.0), (-20.0, 0.2)],
            &[88_860.479_5],
        ),
        boxed(
            "Biggs EXP6",
            &[1.0, 2.0, 1.0, 1.0, 1.0, 1.0],
            &[(0.0, 2.0), (0.0, 8.0), (0.0, 1.0), (1.0, 7.0), (0.0, 5.0), (0.0, 5.0)],
            &[5.320_9e-4],
        ),
        boxed("Rosenbrock", &[-2.0, 1.0], &[(-INF, INF), (-1.5, INF)], &[0.0]),
        // x[1] = 1.5, and the root of a cubic on either side.
        boxed("Rosenbrock", &[-2.0, 1.0], &[(-INF, INF), (1.5, INF)], &[5.042_618_8e-2, 4.941_229_3]),
        boxed("HS 3", &[10.0, 1.0], &[(-INF, INF), (0.0, INF)], &[0.0]),
        boxed("HS 4", &[1.125, 0.125], &[(1.0, INF), (0.0, INF)], &[8.0 / 3.0]),
        boxed("HS 5", &[0.0, 0.0], &[(-1.5, 4.0), (-3.0, 3.0)], &[-1.913_222_955]),
        boxed("Wood", &[-3.0, -1.0, -3.0, -1.0], &[(-10.0, 10.0); 4], &[0.0]),
        boxed("HS 45", &[2.0; 5], &[(0.0, 1.0), (0.0, 2.0), (0.0, 3.0), (0.0, 4.0), (0.0, 5.0)], &[1.0]),
        boxed("HS 110", &[9.0; 10], &[(2.001, 9.999); 10], &[-45.778_469_71]),
    ]
}
