//! Point spread function: two King functions, scaled with energy.

use std::f64::consts::{FRAC_PI_2, PI};

use numerics::GAUSS_LEGENDRE_8;

use super::grid::{IrfGrid, between};
use crate::error::{Error, Result};

/// The LAT tools repeat the outermost energy bins at these, so that the scaling with energy goes on beyond the table: log10 of MeV.
const OUTERMOST: [f64; 2] = [0.0, 10.0];

/// Nodes below this energy, MeV, are normalised on the sphere, those above as if the sky were flat, as the LAT tools do it.
const FLAT_SKY: f64 = 120.0;

/// How the width scales with energy: `sqrt((c0 (E / 100 MeV)^index)^2 + c1^2)` radians.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PsfScaling {
    /// Width at 100 MeV from multiple scattering, radians.
    pub c0: f64,
    /// Width at high energy from the spatial resolution of the tracker, radians.
    pub c1: f64,
    /// Exponent, negative.
    pub index: f64,
}

impl PsfScaling {
    /// Width in radians at an energy in MeV.
    pub fn width(&self, energy: f64) -> f64 {
        (self.c0 * (energy / 100.0).powf(self.index)).hypot(self.c1)
    }
}

/// The columns of an `RPSF` table, each over the grid (see [`IrfGrid`]).
#[derive(Clone, Debug, Default)]
pub struct KingParameters {
    /// Norm of the core (`NCORE`); the whole is normalised again.
    pub core_norm: Vec<f64>,
    /// Norm of the tail relative to the core (`NTAIL`).
    pub tail_norm: Vec<f64>,
    /// Width of the core in units of the scaling (`SCORE`).
    pub core_width: Vec<f64>,
    /// Width of the tail in units of the scaling (`STAIL`).
    pub tail_width: Vec<f64>,
    /// Slope of the core (`GCORE`).
    pub core_slope: Vec<f64>,
    /// Slope of the tail (`GTAIL`).
    pub tail_slope: Vec<f64>,
}

/// The point spread function of an event type.
///
/// At the centre of a bin it is, with `x` the separation over the width of the scaling at that energy,
/// `N [K(x; SCORE, GCORE) + NTAIL K(x; STAIL, GTAIL)]`, `K(x; s, g) = (1 - 1/g) (1 + x^2 / (2 g s^2))^-g` (Ackermann et al. 2013, ApJ 765, 54).
/// `N` makes its integral out to 90 deg 1: on the sphere below 120 MeV, above as if the sky were flat, which lacks up to half a percent. Between the
/// centres these functions, not their parameters, are interpolated.
#[derive(Clone, Debug)]
pub struct PointSpread {
    /// log10 of MeV; one node more on either side than the table.
    log_energies: Vec<f64>,
    cosines: Vec<f64>,
    /// Energies of the first cosine, then of the next.
    nodes: Vec<King>,
}

impl PointSpread {
    /// A PSF from the columns of its table.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::BadValue`] for columns that do not fit the grid, widths that are not positive, slopes below 1 (the integral
    /// of such a function has no bound), negative norms, or a scaling that is not finite or gives no width.
    pub fn new(grid: &IrfGrid, parameters: &KingParameters, scaling: PsfScaling) -> Result<Self> {
        let columns = [
            ("NCORE", &parameters.core_norm, 0.0),
            ("NTAIL", &parameters.tail_norm, 0.0),
            ("SCORE", &parameters.core_width, f64::MIN_POSITIVE),
            ("STAIL", &parameters.tail_width, f64::MIN_POSITIVE),
            ("GCORE", &parameters.core_slope, 1.0),
            ("GTAIL", &parameters.tail_slope, 1.0),
        ];
        for (name, column, least) in columns {
            grid.check(&format!("PSF parameter {name}"), column)?;
            if let Some((bin, &value)) = column.iter().enumerate().find(|(_, value)| **value < least) {
                let expected = "norms of at least 0, widths above 0, slopes of at least 1";
                return Err(Error::BadValue { what: format!("PSF parameter {name}, bin {bin}"), value, expected });
            }
        }
        let mut log_energies = vec![OUTERMOST[0]];
        log_energies.extend(grid.log_energies());
        log_energies.push(OUTERMOST[1]);
        if !log_energies.is_sorted_by(|a, b| a < b) {
            let value = log_energies.get(1).copied().unwrap_or(f64::NAN);
            let what = "log10 of an energy of the PSF table".into();
            return Err(Error::BadValue { what, value, expected: "energies between 1 and 1e10 MeV" });
        }
        let mut nodes = Vec::with_capacity(log_energies.len() * grid.n_cosines());
        for cosine in 0..grid.n_cosines() {
            for (index, log_energy) in log_energies.iter().enumerate() {
                let bin = cosine * grid.n_energies() + index.saturating_sub(1).min(grid.n_energies() - 1);
                let energy = 10f64.powf(*log_energy);
                let integral = if energy < FLAT_SKY { hemisphere } else { flat_sky };
                let parameters = columns.map(|(_, column, _)| column[bin]);
                nodes.push(King::normalised(parameters, scaling.width(energy), integral, bin)?);
            }
        }
        Ok(Self { log_energies, cosines: grid.cosines().to_vec(), nodes })
    }

    /// Probability per solid angle, 1/sr, at a separation in degrees from the true direction, for an energy in MeV and a cosine of the
    /// inclination.
    pub fn value(&self, separation: f64, energy: f64, cosine: f64) -> f64 {
        let separation = separation.to_radians();
        self.around(energy, cosine).iter().map(|&(node, weight)| weight * self.at_node(node, separation)).sum()
    }

    /// Draws the separation, degrees, of a photon's measured from its true direction, out to 90 deg. `uniform` gives numbers of [0, 1).
    ///
    /// The share of a ring is the PSF times its solid angle. A corner of the interpolation is chosen, core or tail of it, and of that a
    /// separation on a flat sky, by the inverse of `1 - (1 + x^2 / scale)^(1 - g)`; of `x` the part `sin(x) / x` is kept, which makes the flat
    /// sky a sphere, and what is not kept is drawn again from the beginning.
    pub fn draw(&self, energy: f64, cosine: f64, mut uniform: impl FnMut() -> f64) -> f64 {
        // Integrals of core and tail on the flat sky, times the weight of the corner.
        let corners = self.around(energy, cosine).map(|(node, weight)| (self.nodes.get(node).copied(), weight));
        let parts =
            corners.map(|(king, weight)| king.map_or([0.0; 2], |king| king.flat_parts().map(|part| part * weight)));
        let total: f64 = parts.iter().flatten().sum();
        for _ in 0..MOST_TRIALS {
            let mut place = uniform() * total;
            let chosen = corners.iter().zip(&parts).find_map(|((king, _), [core, tail])| {
                for (part, share) in [(Part::Core, core), (Part::Tail, tail)] {
                    if place < *share {
                        return king.map(|king| (king, part));
                    }
                    place -= share;
                }
                None
            });
            // Rounding may leave nothing to choose at the very end.
            let Some((king, part)) = chosen else { continue };
            let x = king.flat_separation(part, uniform());
            if x <= FRAC_PI_2 && uniform() * x <= x.sin() {
                return x.to_degrees();
            }
        }
        0.0
    }

    /// Number of nodes that it is interpolated between.
    pub(crate) fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The four nodes around an energy (MeV) and a cosine with their weights.
    pub(crate) fn around(&self, energy: f64, cosine: f64) -> [(usize, f64); 4] {
        let (e_low, e_high, e) = between(&self.log_energies, energy.log10());
        let (c_low, c_high, c) = between(&self.cosines, cosine);
        let n = self.log_energies.len();
        [
            (c_low * n + e_low, (1.0 - c) * (1.0 - e)),
            (c_low * n + e_high, (1.0 - c) * e),
            (c_high * n + e_low, c * (1.0 - e)),
            (c_high * n + e_high, c * e),
        ]
    }

    /// 1/sr at a node, the separation in radians.
    pub(crate) fn at_node(&self, node: usize, separation: f64) -> f64 {
        self.nodes.get(node).map_or(0.0, |king| king.value(separation))
    }
}

/// A separation is drawn so many times before it is given up: of a PSF that is as wide as the sky two thirds are kept of each.
const MOST_TRIALS: usize = 1000;

/// The two functions at a node.
#[derive(Clone, Copy, Debug)]
enum Part {
    Core,
    Tail,
}

/// The function at one node, in radians.
#[derive(Clone, Copy, Debug)]
struct King {
    core: f64,
    tail: f64,
    core_slope: f64,
    tail_slope: f64,
    /// `2 g s^2`, radians^2.
    core_scale: f64,
    tail_scale: f64,
}

impl King {
    /// `integral` is that of `(1 + x^2 / scale)^-slope` for a slope and a scale.
    fn normalised(parameters: [f64; 6], unit: f64, integral: fn(f64, f64) -> f64, bin: usize) -> Result<Self> {
        let [_, tail_norm, core_width, tail_width, core_slope, tail_slope] = parameters;
        // The factor 1 - 1/g vanishes for a slope of 1, which some tables hold; the LAT tools take 1.001.
        let slope = |g: f64| if g == 1.0 { 1.001 } else { g };
        let (core_slope, tail_slope) = (slope(core_slope), slope(tail_slope));
        let scale = |g: f64, width: f64| 2.0 * g * (width * unit).powi(2);
        let (core_scale, tail_scale) = (scale(core_slope, core_width), scale(tail_slope, tail_width));
        let height = |g: f64| 1.0 - 1.0 / g;
        let (core, tail) = (height(core_slope), tail_norm * height(tail_slope));
        let integral = core * integral(core_slope, core_scale) + tail * integral(tail_slope, tail_scale);
        if !(integral.is_finite() && integral > 0.0) {
            let what = format!("integral of the PSF in bin {bin}, whose width is {unit} rad times {core_width}");
            return Err(Error::BadValue { what, value: integral, expected: "a positive number" });
        }
        Ok(Self { core: core / integral, tail: tail / integral, core_slope, tail_slope, core_scale, tail_scale })
    }

    /// Integrals of core and tail out to 90 deg on a flat sky.
    fn flat_parts(&self) -> [f64; 2] {
        let tail = if self.tail == 0.0 { 0.0 } else { self.tail * flat_sky(self.tail_slope, self.tail_scale) };
        [self.core * flat_sky(self.core_slope, self.core_scale), tail]
    }

    /// The separation within which a fraction of a part's integral lies, on a flat sky that ends at 90 deg.
    fn flat_separation(&self, part: Part, fraction: f64) -> f64 {
        let (slope, scale) = match part {
            Part::Core => (self.core_slope, self.core_scale),
            Part::Tail => (self.tail_slope, self.tail_scale),
        };
        let within = 1.0 - (1.0 + FRAC_PI_2 * FRAC_PI_2 / scale).powf(1.0 - slope);
        (scale * ((1.0 - fraction * within).powf(1.0 / (1.0 - slope)) - 1.0)).max(0.0).sqrt()
    }

    fn value(&self, separation: f64) -> f64 {
        let square = separation * separation;
        let core = self.core * (1.0 + square / self.core_scale).powf(-self.core_slope);
        if self.tail == 0.0 {
            return core;
        }
        core + self.tail * (1.0 + square / self.tail_scale).powf(-self.tail_slope)
    }
}

/// Integral of `(1 + x^2 / scale)^-slope` out to 90 deg on a flat sky.
fn flat_sky(slope: f64, scale: f64) -> f64 {
    PI * scale / (slope - 1.0) * (1.0 - (1.0 + FRAC_PI_2 * FRAC_PI_2 / scale).powf(1.0 - slope))
}

/// Integral of `(1 + x^2 / scale)^-slope` over a hemisphere.
///
/// With `x = sqrt(scale) sinh t` the function is smooth in `t` from its centre into its tail.
fn hemisphere(slope: f64, scale: f64) -> f64 {
    const PANELS: usize = 24;
    let width = scale.sqrt();
    let step = (FRAC_PI_2 / width).asinh() / PANELS as f64;
    let ring = |t: f64| (width * t.sinh()).sin() * t.cosh().powf(1.0 - 2.0 * slope) * width;
    (0..PANELS)
        .flat_map(|panel| GAUSS_LEGENDRE_8.map(|(x, weight)| (panel as f64 + 0.5 * (1.0 + x), weight)))
        .map(|(t, weight)| PI * step * weight * ring(t * step))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> IrfGrid {
        IrfGrid::new(&[10.0, 1e3, 1e5], &[1e3, 1e5, 1e7], &[0.2, 0.6], &[0.6, 1.0]).unwrap()
    }

    fn parameters() -> KingParameters {
        KingParameters {
            core_norm: vec![1.0; 6],
            tail_norm: vec![0.0, 0.1, 0.3, 0.02, 0.5, 1.0],
            core_width: vec![0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
            tail_width: vec![1.1, 1.2, 1.4, 1.5, 1.6, 1.7],
            core_slope: vec![2.5, 2.0, 1.8, 3.0, 2.2, 1.0],
            tail_slope: vec![1.6, 1.5, 1.7, 2.0, 2.5, 1.9],
        }
    }

    const SCALING: PsfScaling = PsfScaling { c0: 0.06, c1: 0.0008, index: -0.8 };

    /// By brute force out to 90 deg, in a variable of its own: the logarithm of the separation.
    fn integral(psf: &PointSpread, energy: f64, cosine: f64, ring: fn(f64) -> f64) -> f64 {
        let (n, low, high) = (20_000, 1e-9f64.ln(), FRAC_PI_2.ln());
        let step = (high - low) / f64::from(n);
        (0..n)
            .map(|i| (low + (f64::from(i) + 0.5) * step).exp())
            .map(|theta| 2.0 * PI * ring(theta) * psf.value(theta.to_degrees(), energy, cosine) * theta * step)
            .sum()
    }

    #[test]
    fn it_integrates_to_one_on_the_sphere_and_high_up_on_a_flat_sky() {
        // Nodes at 1, 100, 1e4, 1e6, 1e10 MeV.
        let psf = PointSpread::new(&grid(), &parameters(), SCALING).unwrap();
        for cosine in [0.2, 0.4, 0.55, 0.9] {
            for energy in [3.0, 30.0, 100.0] {
                let sphere = integral(&psf, energy, cosine, f64::sin);
                approx::assert_relative_eq!(sphere, 1.0, max_relative = 1e-6);
            }
            for energy in [1e4, 3e5, 1e8] {
                let flat = integral(&psf, energy, cosine, |theta| theta);
                approx::assert_relative_eq!(flat, 1.0, max_relative = 1e-6);
                let sphere = integral(&psf, energy, cosine, f64::sin);
                assert!((0.995..1.0).contains(&sphere), "{energy}: {sphere}");
            }
            let between = integral(&psf, 700.0, cosine, f64::sin);
            assert!((0.995..1.0).contains(&between), "{between}");
        }
    }

    #[test]
    fn without_curvature_both_integrals_are_the_same() {
        for slope in [1.5, 2.0, 3.5] {
            // A thousandth of a degree; of a tail as flat as x^-3 more than a thousandth lies beyond a degree.
            let scale = 2.0 * slope * 1.7e-5f64.powi(2);
            let tolerance = if slope < 2.0 { 1e-3 } else { 1e-8 };
            approx::assert_relative_eq!(hemisphere(slope, scale), flat_sky(slope, scale), max_relative = tolerance);
        }
    }

    #[test]
    fn a_king_function_contains_what_it_should_close_by() {
        // Within x the flat-sky integral is 1 - (1 + x^2 / (2 g s^2))^(1 - g); at 10 TeV the sky is flat.
        let (s, g) = (0.5, 2.0);
        let one = |value: f64| vec![value; 6];
        let columns = KingParameters {
            core_norm: one(1.0),
            tail_norm: one(0.0),
            core_width: one(s),
            tail_width: one(1.0),
            core_slope: one(g),
            tail_slope: one(2.0),
        };
        let scaling = PsfScaling { c0: 0.0, c1: 1e-4, index: -0.8 };
        let psf = PointSpread::new(&grid(), &columns, scaling).unwrap();
        let sigma: f64 = s * 1e-4;
        let peak = (1.0 - 1.0 / g) / (2.0 * PI * sigma * sigma);
        approx::assert_relative_eq!(psf.value(0.0, 1e4, 0.8), peak, max_relative = 1e-6);
        let x = 3.0 * sigma;
        let expected = peak * (1.0 + x * x / (2.0 * g * sigma * sigma)).powf(-g);
        approx::assert_relative_eq!(psf.value(x.to_degrees(), 1e4, 0.8), expected, max_relative = 1e-6);
    }

    /// Numbers of [0, 1) (Marsaglia 2003, J. Stat. Softw. 8, 14).
    fn xorshift() -> impl FnMut() -> f64 {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    #[test]
    fn separations_are_drawn_as_the_rings_of_the_psf_say() {
        let psf = PointSpread::new(&grid(), &parameters(), SCALING).unwrap();
        let mut uniform = xorshift();
        for (energy, cosine) in [(60.0, 0.35), (700.0, 0.55), (3e4, 0.9)] {
            let mut drawn: Vec<f64> = (0..40_000).map(|_| psf.draw(energy, cosine, &mut uniform)).collect();
            drawn.sort_by(f64::total_cmp);
            // The cumulative distribution by rings of equal steps in the logarithm.
            let (n, low, high) = (20_000, 1e-7f64.ln(), FRAC_PI_2.ln());
            let step = (high - low) / f64::from(n);
            let ring = |i: i32| {
                let theta = (low + (f64::from(i) + 0.5) * step).exp();
                theta.sin() * psf.value(theta.to_degrees(), energy, cosine) * theta * step
            };
            let total: f64 = (0..n).map(ring).sum();
            let (mut sum, mut worst) = (0.0, 0.0f64);
            for i in 0..n {
                sum += ring(i);
                let edge = (low + f64::from(i + 1) * step).exp().to_degrees();
                let below = drawn.partition_point(|x| *x <= edge) as f64 / drawn.len() as f64;
                worst = worst.max((below - sum / total).abs());
            }
            // Kolmogorov and Smirnov: 1.95 / sqrt(n) is exceeded once in a thousand.
            assert!(worst < 1.95 / 200.0, "{energy} {cosine}: {worst}");
        }
    }

    #[test]
    fn functions_are_interpolated_not_parameters() {
        let psf = PointSpread::new(&grid(), &parameters(), SCALING).unwrap();
        let at = |energy: f64| psf.value(0.3, energy, 0.4);
        // Bin centres are 1e2 and 1e4 MeV.
        approx::assert_relative_eq!(at(1e3), f64::midpoint(at(1e2), at(1e4)), max_relative = 1e-12);
    }

    #[test]
    fn parameters_that_cannot_be_are_refused() {
        let new = |change: &dyn Fn(&mut KingParameters)| {
            let mut columns = parameters();
            change(&mut columns);
            PointSpread::new(&grid(), &columns, SCALING)
        };
        assert!(new(&|p| p.core_width[2] = 0.0).unwrap_err().to_string().contains("SCORE, bin 2"));
        assert!(new(&|p| p.core_slope[0] = 0.5).is_err());
        assert!(new(&|p| p.tail_norm[0] = -0.1).is_err());
        assert!(new(&|p| p.tail_norm[0] = f64::NAN).is_err());
        assert!(new(&|p| p.tail_norm.truncate(3)).is_err());
        let nothing = PsfScaling { c0: 0.0, c1: 0.0, index: -0.8 };
        assert!(PointSpread::new(&grid(), &parameters(), nothing).is_err());
        let unbound = PsfScaling { c0: f64::NAN, c1: 0.0, index: -0.8 };
        assert!(PointSpread::new(&grid(), &parameters(), unbound).is_err());
    }
}
