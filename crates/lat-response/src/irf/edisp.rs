//! Energy dispersion: the distribution of the measured energy around the true one.

use std::ops::RangeInclusive;

use statrs::function::gamma::{checked_gamma_lr, checked_gamma_ur, gamma};

use super::grid::IrfGrid;
use crate::error::{Error, Result};
use crate::recipe::OnAxisWidth;

/// The functional form of the dispersion in the scaled deviation `x = (E' - E) / (E S)`, and the columns of its table, each over the grid.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DispersionForm {
    /// Pass 7: around `BIAS`, `exp(-(|x - BIAS| / s1)^p1 / 2)` out to `t0`, from there continued by the same with `s2` and `p2`; the widths differ
    /// to the left (`LS1`, `LS2`) and to the right (`RS1`, `RS2`). The LAT tools normalise it from a tenth to ten times the true energy.
    Pass7 {
        /// `[LS1, RS1, BIAS, LS2, RS2]`.
        columns: [Vec<f64>; 5],
        /// Exponent within `t0`.
        p1: f64,
        /// Exponent beyond.
        p2: f64,
        /// Where the pieces meet.
        t0: f64,
    },
    /// Pass 8: `F g(x; S1, K1, BIAS, PINDEX1) + (1 - F) g(x; S2, K2, BIAS2, PINDEX2)`, where with `u = x - b`
    /// `g = p / (s Gamma(1/p)) k / (1 + k^2) exp(-(k u / s)^p)` for `u > 0` and `exp(-(-u / (k s))^p)` for `u < 0` in place of the last factor.
    Pass8 {
        /// `[F, S1, K1, BIAS, PINDEX1, S2, K2, BIAS2, PINDEX2]`.
        columns: [Vec<f64>; 9],
    },
}

/// The energy dispersion of an event type.
///
/// Deviations are scaled with `S = c0 l^2 + c1 c^2 + c2 l + c3 c + c4 l c + c5`, `l` the log10 of the true energy in MeV and `c` the cosine of the
/// inclination. The distributions of the scaled deviation are interpolated between the centres of the table's bins (Ackermann et al.
/// 2012, ApJ Suppl. 203, 4; "Energy Dispersion" of the Fermi Science Support Center's Cicerone); how it goes on from the last centre to
/// the axis is [`OnAxisWidth`].
#[derive(Clone, Debug)]
pub struct EnergyDispersion {
    grid: IrfGrid,
    scaling: [f64; 6],
    nodes: Vec<Node>,
}

impl EnergyDispersion {
    /// A dispersion from its table and the coefficients `c0` to `c5` of the scaling.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::BadValue`] for columns that do not fit the grid, are not finite, or hold widths or exponents that are not
    /// positive.
    pub fn new(grid: IrfGrid, scaling: [f64; 6], form: &DispersionForm) -> Result<Self> {
        if let Some(&value) = scaling.iter().find(|c| !c.is_finite()) {
            return Err(Error::BadValue {
                what: "scaling of the energy dispersion".into(),
                value,
                expected: "finite numbers",
            });
        }
        let columns: &[Vec<f64>] = match form {
            DispersionForm::Pass7 { columns, p1, p2, t0 } => {
                for value in [*p1, *p2, *t0] {
                    positive("energy dispersion, exponents and t0", value)?;
                }
                columns
            }
            DispersionForm::Pass8 { columns } => columns,
        };
        for column in columns {
            grid.check("energy dispersion parameter", column)?;
        }
        let nodes = (0..grid.n_bins())
            .map(|bin| match form {
                DispersionForm::Pass7 { columns, p1, p2, t0 } => {
                    let cosine = grid.cosines()[bin / grid.n_energies()];
                    let log_energy = grid.log_energies()[bin % grid.n_energies()];
                    let scale = scale(&scaling, log_energy, cosine)?;
                    Pass7::new(columns.each_ref().map(|column| column[bin]), [*p1, *p2, *t0], scale).map(Node::Pass7)
                }
                DispersionForm::Pass8 { columns } => {
                    Pass8::new(columns.each_ref().map(|column| column[bin])).map(Node::Pass8)
                }
            })
            .collect::<Result<_>>()?;
        Ok(Self { grid, scaling, nodes })
    }

    /// Probabilities that a photon of this true energy (MeV) and cosine of the inclination is measured below each of `edges` (MeV): differences are
    /// the probabilities of the bins.
    ///
    /// # Errors
    /// [`Error::BadValue`] when the scaling gives no width there, the true energy is not positive, or an edge is not finite.
    pub fn cumulative(&self, energy: f64, cosine: f64, edges: &[f64], on_axis: OnAxisWidth) -> Result<Vec<f64>> {
        let at = self.at(energy, cosine, on_axis)?;
        edges.iter().map(|&edge| Ok((self.sum(&at, at.deviation(edge)?)? - at.below) / at.total)).collect()
    }

    /// Probability per MeV that a photon of true energy `energy` and this cosine of the inclination is measured at `measured` MeV.
    ///
    /// # Errors
    /// As [`EnergyDispersion::cumulative`].
    pub fn density(&self, measured: f64, energy: f64, cosine: f64, on_axis: OnAxisWidth) -> Result<f64> {
        let at = self.at(energy, cosine, on_axis)?;
        let x = at.deviation(measured)?;
        if at.range.as_ref().is_some_and(|range| !range.contains(&((measured - energy) / (energy * at.width)))) {
            return Ok(0.0);
        }
        let corner =
            |corner: &Corner| corner.weight * corner.stretch * self.nodes[corner.node].density(x * corner.stretch);
        let density: f64 = at.corners.iter().map(corner).sum();
        Ok(density / (at.total * energy * at.width))
    }

    fn at(&self, energy: f64, cosine: f64, on_axis: OnAxisWidth) -> Result<At> {
        positive("a true energy in MeV", energy)?;
        let width = scale(&self.scaling, energy.log10(), cosine)?;
        let corners = self.corners(energy, cosine, on_axis)?;
        let mut at = At { energy, width, corners, range: None, below: 0.0, total: 1.0 };
        if let Some(Node::Pass7(_)) = self.nodes.first() {
            // The tails of Pass 7 go on for ever. Its range is normalised here too, as the width is not that at the nodes.
            let [low, high] = pass7_range(width);
            at.below = self.sum(&at, low)?;
            at.total = positive("integral of the energy dispersion", self.sum(&at, high)? - at.below)?;
            at.range = Some(low..=high);
        }
        Ok(at)
    }

    /// The distributions that are interpolated between.
    fn corners(&self, energy: f64, cosine: f64, on_axis: OnAxisWidth) -> Result<[Corner; 4]> {
        let mut corners = self.grid.around(energy, cosine).map(|(node, weight)| Corner { node, weight, stretch: 1.0 });
        let last = self.grid.cosines().last().copied().unwrap_or(1.0);
        let is_pass8 = matches!(self.nodes.first(), Some(Node::Pass8(_)));
        if is_pass8 && on_axis == OnAxisWidth::LastCenter && cosine > last && last < 1.0 {
            // Beyond the last centre both pairs are those of the last bin; the second stands for the axis.
            let way = ((cosine - last) / (1.0 - last)).min(1.0);
            let n = self.grid.n_energies();
            let [a, b, c, d] = &mut corners;
            for (inner, outer) in [(a, c), (b, d)] {
                let log_energy = self.grid.log_energies()[inner.node % n];
                let stretch = scale(&self.scaling, log_energy, 1.0)? / scale(&self.scaling, log_energy, last)?;
                let weight = inner.weight + outer.weight;
                *outer = Corner { node: inner.node, weight: way * weight, stretch };
                inner.weight = (1.0 - way) * weight;
            }
        }
        Ok(corners)
    }

    /// The interpolated cumulative distribution of the scaled deviation.
    fn sum(&self, at: &At, x: f64) -> Result<f64> {
        let corners = at.corners.iter().filter(|corner| corner.weight != 0.0);
        corners.map(|corner| Ok(corner.weight * self.nodes[corner.node].cumulative(x * corner.stretch)?)).sum()
    }
}

/// A distribution of the table, and what it adds to the one between.
#[derive(Clone, Copy, Debug)]
struct Corner {
    node: usize,
    weight: f64,
    /// The distribution is evaluated at the scaled deviation times this.
    stretch: f64,
}

/// One true energy and inclination.
#[derive(Clone, Debug)]
struct At {
    energy: f64,
    width: f64,
    corners: [Corner; 4],
    /// Where the distribution is not 0, if that is bounded.
    range: Option<RangeInclusive<f64>>,
    /// What the distributions at the nodes hold below the range, and within it.
    below: f64,
    total: f64,
}

impl At {
    /// The scaled deviation of a measured energy, drawn to the ends of the range.
    fn deviation(&self, measured: f64) -> Result<f64> {
        if !measured.is_finite() {
            let what = "a measured energy in MeV".into();
            return Err(Error::BadValue { what, value: measured, expected: "a finite number" });
        }
        let x = (measured - self.energy) / (self.energy * self.width);
        Ok(self.range.as_ref().map_or(x, |range| x.max(*range.start()).min(*range.end())))
    }
}

/// Scaled deviations of a tenth and of ten times the true energy.
fn pass7_range(width: f64) -> [f64; 2] {
    [-0.9 / width, 9.0 / width]
}

/// The width of the deviation at log10 of an energy and a cosine.
fn scale(c: &[f64; 6], l: f64, cosine: f64) -> Result<f64> {
    let mu = cosine.abs();
    let width = c[0] * l * l + c[1] * mu * mu + c[2] * l + c[3] * mu + c[4] * l * mu + c[5];
    let what = || format!("scaling of the energy dispersion at {} MeV and cosine {cosine}", 10f64.powf(l));
    if width.is_finite() && width > 0.0 {
        Ok(width)
    } else {
        Err(Error::BadValue { what: what(), value: width, expected: "a positive number" })
    }
}

fn positive(what: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(Error::BadValue { what: what.to_owned(), value, expected: "a positive number" })
    }
}

/// The distribution of the scaled deviation at one node.
#[derive(Clone, Copy, Debug)]
enum Node {
    Pass7(Pass7),
    Pass8(Pass8),
}

impl Node {
    fn cumulative(&self, x: f64) -> Result<f64> {
        match self {
            Self::Pass7(node) => node.cumulative(x),
            Self::Pass8(node) => node.cumulative(x),
        }
    }

    fn density(&self, x: f64) -> f64 {
        match self {
            Self::Pass7(node) => node.shape(x - node.bias) / node.integral,
            Self::Pass8(node) => node.peaks.iter().map(|peak| peak.density(x)).sum(),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Pass7 {
    left: [f64; 2],
    right: [f64; 2],
    bias: f64,
    p: [f64; 2],
    t0: f64,
    integral: f64,
}

impl Pass7 {
    fn new([ls1, rs1, bias, ls2, rs2]: [f64; 5], [p1, p2, t0]: [f64; 3], width: f64) -> Result<Self> {
        for value in [ls1, rs1, ls2, rs2] {
            positive("energy dispersion, widths LS1, RS1, LS2, RS2", value)?;
        }
        let mut node = Self { left: [ls1, ls2], right: [rs1, rs2], bias, p: [p1, p2], t0, integral: 1.0 };
        let [low, high] = pass7_range(width);
        let integral = node.cumulative(high)? - node.cumulative(low)?;
        node.integral = positive("integral of the energy dispersion", integral)?;
        Ok(node)
    }

    /// Not normalised, at a deviation from the bias.
    fn shape(&self, u: f64) -> f64 {
        let [s1, s2] = if u > 0.0 { self.right } else { self.left };
        let t = u.abs();
        let inner = |t: f64| (t / s1).powf(self.p[0]);
        if t <= self.t0 {
            return (-0.5 * inner(t)).exp();
        }
        let outer = |t: f64| (t / s2).powf(self.p[1]);
        (-0.5 * (outer(t) - outer(self.t0) + inner(self.t0))).exp()
    }

    fn cumulative(&self, x: f64) -> Result<f64> {
        let u = x - self.bias;
        let all = |widths: [f64; 2]| self.beyond(widths, 0.0);
        let value = if u > 0.0 {
            all(self.left)? + all(self.right)? - self.beyond(self.right, u)?
        } else {
            self.beyond(self.left, -u)?
        };
        Ok(value / self.integral)
    }

    /// Integral of one side from `t` to infinity.
    fn beyond(&self, [s1, s2]: [f64; 2], t: f64) -> Result<f64> {
        let tail = |s: f64, p: f64, t: f64| -> Result<f64> {
            // Of exp(-(t/s)^p / 2), by substitution of (t/s)^p / 2.
            Ok(s * 2f64.powf(1.0 / p) / p * gamma(1.0 / p) * upper(1.0 / p, 0.5 * (t / s).powf(p))?)
        };
        let [p1, p2] = self.p;
        let joint = 0.5 * ((self.t0 / s2).powf(p2) - (self.t0 / s1).powf(p1));
        let outer = |t: f64| -> Result<f64> {
            let rest = tail(s2, p2, t)?;
            Ok(if rest == 0.0 { 0.0 } else { joint.exp() * rest })
        };
        if t > self.t0 {
            return outer(t);
        }
        Ok(tail(s1, p1, t)? - tail(s1, p1, self.t0)? + outer(self.t0)?)
    }
}

#[derive(Clone, Copy, Debug)]
struct Pass8 {
    peaks: [Peak; 2],
}

#[derive(Clone, Copy, Debug)]
struct Peak {
    fraction: f64,
    s: f64,
    k: f64,
    bias: f64,
    p: f64,
}

impl Pass8 {
    fn new([f, s1, k1, bias1, p1, s2, k2, bias2, p2]: [f64; 9]) -> Result<Self> {
        if !(0.0..=1.0).contains(&f) {
            let what = "energy dispersion, fraction F".into();
            return Err(Error::BadValue { what, value: f, expected: "a number from 0 to 1" });
        }
        for value in [s1, k1, p1, s2, k2, p2] {
            positive("energy dispersion, S1, K1, PINDEX1, S2, K2, PINDEX2", value)?;
        }
        let first = Peak { fraction: f, s: s1, k: k1, bias: bias1, p: p1 };
        Ok(Self { peaks: [first, Peak { fraction: 1.0 - f, s: s2, k: k2, bias: bias2, p: p2 }] })
    }

    fn cumulative(&self, x: f64) -> Result<f64> {
        self.peaks.iter().map(|peak| peak.cumulative(x)).sum()
    }
}

impl Peak {
    fn density(&self, x: f64) -> f64 {
        let Self { fraction, s, k, bias, p } = *self;
        let u = x - bias;
        let z = if u > 0.0 { k * u / s } else { -u / (k * s) };
        fraction * p / (s * gamma(1.0 / p)) * k / (1.0 + k * k) * (-z.powf(p)).exp()
    }

    fn cumulative(&self, x: f64) -> Result<f64> {
        let Self { fraction, s, k, bias, p } = *self;
        let u = x - bias;
        let left = k * k / (1.0 + k * k);
        let value = if u > 0.0 {
            left + (1.0 - left) * lower(1.0 / p, (k * u / s).powf(p))?
        } else {
            left * upper(1.0 / p, (-u / (k * s)).powf(p))?
        };
        Ok(fraction * value)
    }
}

/// Upper incomplete gamma function over the complete one. Far out it is 0, before the library's series lose their way.
fn upper(a: f64, x: f64) -> Result<f64> {
    match x {
        0.0 => Ok(1.0),
        x if x > 745.0 + 50.0 * a => Ok(0.0),
        x => checked_gamma_ur(a, x).map_err(|_| undefined(x)),
    }
}

/// Lower incomplete gamma function over the complete one.
fn lower(a: f64, x: f64) -> Result<f64> {
    match x {
        0.0 => Ok(0.0),
        x if x > 745.0 + 50.0 * a => Ok(1.0),
        x => checked_gamma_lr(a, x).map_err(|_| undefined(x)),
    }
}

fn undefined(value: f64) -> Error {
    Error::BadValue { what: "scaled deviation of an energy".into(), value, expected: "a finite number" }
}
