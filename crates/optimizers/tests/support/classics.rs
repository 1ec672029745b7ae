//! Test functions of J. J. Moré, B. S. Garbow, K. E. Hillstrom, ACM Transactions on Mathematical Software 7 (1981) 17,
//! with the minima published there, and a few other classics.

use super::{Formula, Number, bounded, unbounded};
use optimizers::Problem;
use std::f64::consts::PI;

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
    ]
}
