//! Objectives that no minimiser likes: not defined in places, infinite, with jumps, in steps, flat, noisy. Whatever they do, a run ends in a status,
//! its value is that of its point, and quality 3 is claimed of nothing that has lower points close by.

use super::*;

/// A parabola with a defect.
#[derive(Clone, Debug)]
struct Hostile {
    defect: Defect,
    centre: Vec<f64>,
    widths: Vec<f64>,
    offers: Derivatives,
}

#[derive(Clone, Copy, Debug)]
enum Defect {
    /// Not a number beyond a value of the first parameter.
    NotANumberBeyond(f64),
    /// Infinite beyond it.
    InfiniteBeyond(f64),
    /// A jump there, up or down.
    Jump(f64, f64),
    /// The value rounded down to multiples of this.
    Steps(f64),
    /// Nothing changes it.
    Flat,
    /// A number between 0 and this is added, another one at each point.
    Noise(f64),
}

impl Hostile {
    fn smooth(&self, x: &[f64]) -> f64 {
        let pulls = x.iter().zip(&self.centre).zip(&self.widths);
        pulls.map(|((x, c), w)| 0.5 * ((x - c) / w).powi(2)).sum()
    }

    fn at(&self, x: &[f64]) -> f64 {
        let smooth = self.smooth(x);
        match self.defect {
            Defect::NotANumberBeyond(edge) if x[0] > edge => f64::NAN,
            Defect::InfiniteBeyond(edge) if x[0] > edge => f64::INFINITY,
            Defect::Jump(edge, height) if x[0] > edge => smooth + height,
            Defect::Steps(height) => (smooth / height).floor() * height,
            Defect::Flat => 1.0,
            Defect::Noise(size) => smooth + size * scattered(x),
            _ => smooth,
        }
    }
}

/// A number between 0 and 1 that nobody foresees, the same at the same point (the finaliser of G. Steele, D. Lea, C. Flood, Fast splittable
/// pseudorandom number generators, 2014).
fn scattered(x: &[f64]) -> f64 {
    let mix = |z: u64| {
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let all = x.iter().fold(0x9e37_79b9_7f4a_7c15_u64, |seed, x| mix(seed.wrapping_add(x.to_bits())));
    (all >> 11) as f64 / (1_u64 << 53) as f64
}

impl Objective for Hostile {
    fn dim(&self) -> usize {
        self.centre.len()
    }
    fn derivatives(&self) -> Derivatives {
        self.offers
    }
    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
        Ok(self.at(x))
    }
    /// Of the smooth part, as one would write it down.
    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        for (i, g) in gradient.iter_mut().enumerate() {
            *g = if matches!(self.defect, Defect::Flat) {
                0.0
            } else {
                (x[i] - self.centre[i]) / self.widths[i].powi(2)
            };
        }
        Ok(self.at(x))
    }
    fn hessian(&mut self, x: &[f64], gradient: &mut [f64], hessian: &mut Array2<f64>) -> Result<f64, EvalError> {
        hessian.fill(0.0);
        for (i, width) in self.widths.iter().enumerate() {
            hessian[[i, i]] = if matches!(self.defect, Defect::Flat) { 0.0 } else { width.powi(-2) };
        }
        self.gradient(x, gradient)
    }
}

/// How much lower a point close by is than the result: at a hundredth and a twentieth of each claimed error.
fn lower_close_by(objective: &Hostile, problem: &Problem, m: &Minimum) -> f64 {
    let mut lowest = f64::INFINITY;
    for (i, parameter) in problem.parameters().iter().enumerate() {
        for share in [-0.05, -0.01, 0.01, 0.05] {
            let mut x = m.values.clone();
            x[i] = (x[i] + share * m.errors[i]).clamp(parameter.lower(), parameter.upper());
            // Not a number is lower than nothing.
            lowest = lowest.min(objective.at(&x));
        }
    }
    m.fval - lowest
}

fn defects() -> impl Strategy<Value = Defect> {
    let exponent = || (-8.0..0.0_f64).prop_map(|e| 10.0_f64.powf(e));
    prop_oneof![
        (-1.0..1.0_f64).prop_map(Defect::NotANumberBeyond),
        (-1.0..1.0_f64).prop_map(Defect::InfiniteBeyond),
        (-1.0..1.0_f64, -2.0..2.0_f64).prop_map(|(edge, height)| Defect::Jump(edge, height)),
        exponent().prop_map(Defect::Steps),
        Just(Defect::Flat),
        exponent().prop_map(Defect::Noise),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_hostile_objective_ends_in_a_status_that_is_true(
        defect in defects(),
        centre in prop::collection::vec(-1.0..1.0_f64, 2),
        widths in prop::collection::vec(0.05..2.0_f64, 2),
        start in prop::collection::vec(-2.0..2.0_f64, 2),
        has_bounds in any::<bool>(),
        offers in prop::sample::select(OFFERS.to_vec()),
    ) {
        let objective = Hostile { defect, centre, widths, offers };
        let problem = if has_bounds { bounded(&start, &[(-2.0, 2.0); 2]) } else { unbounded(&start) };
        for name in registry().names() {
            let m = minimize(name, &mut objective.clone(), &problem, &Options::default().with_max_calls(5000));
            let here = objective.at(&m.values);
            prop_assert!(m.values.iter().all(|v| v.is_finite()), "{name} {m:?}");
            prop_assert!(m.fval.to_bits() == here.to_bits() || !here.is_finite(), "{name} {m:?} {here}");
            prop_assert!(here.is_finite() || m.quality == FitQuality::None, "{name} {m:?}");
            let (is_flat, size) = match defect {
                Defect::Flat => (true, 0.0),
                Defect::Steps(size) | Defect::Noise(size) => (false, size),
                _ => (false, 0.0),
            };
            if m.quality == FitQuality::Accurate {
                prop_assert!(!is_flat, "{name} {m:?}");
                let lower = lower_close_by(&objective, &problem, &m);
                prop_assert!(lower <= 0.01 + 2.0 * size, "{name} {lower} {m:?}");
            }
        }
    }
}
