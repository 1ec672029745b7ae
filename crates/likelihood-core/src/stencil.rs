//! How the planes of a source's map make up the model of each energy bin.
//!
//! The model of a bin is a sum over planes: `M_ik = sum_p m_i,p(k) A_kp X_n(k,p)`, with constants `A` and numbers `X`, the *nodes*, that
//! depend on the source's spectrum and on what its map's planes add up to:
//! - without energy dispersion the two planes at the bin's edges, with energy dispersion over a window of `n` bins the `2n + 2` planes
//!   around the bin. By the log-trapezoid rule `X` is the spectrum at those edges, and `A` the rule of the true bins on both sides of the
//!   edge, each times its probability to be measured in the bin. By quadrature every bin has nodes of its own: the sum, weighted with the
//!   same probabilities, of what the spectrum integrated over those true bins gives the plane between them ([`crate::integration`]);
//! - with rescaling the two planes again, and nodes of their own for each bin ([`crate::dispersion`]).

use num_dual::{Dual64, HyperDual64};
use roi_model::Source;

use crate::dispersion::{Dispersion, DispersionMode, Number, Rescaling, TrueCounts};
use crate::energy::EnergyAxis;
use crate::error::{Error, Result};
use crate::integration::{BinIntegrals, EnergyIntegration};
use crate::kernel::EdgeWeights;

/// One way to make up the model of a component's bins.
#[derive(Clone, Debug)]
pub(crate) struct Stencil {
    /// Where the spectrum is evaluated, and what it gives each true bin.
    integrals: BinIntegrals,
    /// How many planes a bin draws on; even.
    planes: usize,
    /// How many nodes there are.
    nodes: usize,
    /// The first node of bin k is node `k * stride`.
    stride: usize,
    /// `[bin][plane]`.
    coefficients: Vec<f64>,
    rule: Rule,
}

/// How the nodes come from the spectrum.
#[derive(Clone, Debug)]
enum Rule {
    /// They are the spectrum at its energies.
    Spectrum,
    /// From the integrals of the true bins below and above each plane, with these probabilities: `[bin][plane][below, above]`.
    Integrals(Vec<[f64; 2]>),
    /// From the integrals of all bins.
    Rescaling(Rescaling),
}

impl Stencil {
    /// Without energy dispersion.
    pub(crate) fn plain(axis: &EnergyAxis, integration: EnergyIntegration) -> Self {
        Self::over(axis, [[0.0, 1.0], [1.0, 0.0]].repeat(axis.n_bins()), axis.n_bins(), integration)
    }

    /// With energy dispersion.
    pub(crate) fn dispersed(
        axis: &EnergyAxis,
        dispersion: &Dispersion,
        integration: EnergyIntegration,
    ) -> Result<Self> {
        let bins = axis.n_bins();
        if dispersion.mode() == DispersionMode::Rescaling {
            return Ok(Self {
                integrals: BinIntegrals::new(axis, integration),
                planes: 2,
                nodes: 2 * bins,
                stride: 2,
                coefficients: vec![1.0; 2 * bins],
                rule: Rule::Rescaling(Rescaling::new(dispersion, axis)),
            });
        }
        let extra = dispersion.n_extra();
        let planes = 2 * extra + 2;
        let response = dispersion.response().matrix();
        // Edge k + p is the lower one of true bin k + p and the upper one of the bin before it; the window holds the true bins k to k + 2n
        // of the extended axis.
        let shares = |(k, p): (usize, usize)| {
            let below = if p > 0 { response[[k + p - 1, k]] } else { 0.0 };
            let above = if p + 1 < planes { response[[k + p, k]] } else { 0.0 };
            [below, above]
        };
        let shares = (0..bins).flat_map(|k| (0..planes).map(move |p| (k, p))).map(shares).collect();
        Ok(Self::over(&axis.extended(extra)?, shares, bins, integration))
    }

    /// Over an axis that may be longer than the measured bins. `shares` `[bin][plane][below, above]`: which part of the true bins below and
    /// above each plane is measured in the bin.
    fn over(axis: &EnergyAxis, shares: Vec<[f64; 2]>, bins: usize, integration: EnergyIntegration) -> Self {
        let planes = shares.len() / bins;
        let integrals = BinIntegrals::new(axis, integration);
        if integration != EnergyIntegration::LogTrapezoid {
            let coefficients = vec![1.0; shares.len()];
            let (nodes, rule) = (shares.len(), Rule::Integrals(shares));
            return Self { integrals, planes, nodes, stride: planes, coefficients, rule };
        }
        let weights = axis.log_trapezoid();
        let weights: Vec<[f64; 2]> = weights.lower.into_iter().zip(weights.upper).map(Into::into).collect();
        let coefficients = gather(&shares, planes, &weights).collect();
        Self { integrals, planes, nodes: axis.edges().len(), stride: 1, coefficients, rule: Rule::Spectrum }
    }

    /// Whether the nodes are linear in the spectrum.
    pub(crate) fn is_linear(&self) -> bool {
        !matches!(self.rule, Rule::Rescaling(_))
    }

    /// How many planes a bin draws on.
    pub(crate) fn n_planes(&self) -> usize {
        self.planes
    }

    /// How many nodes there are.
    pub(crate) fn n_nodes(&self) -> usize {
        self.nodes
    }

    /// The constants of a bin, one a plane.
    pub(crate) fn coefficients(&self, bin: usize) -> &[f64] {
        &self.coefficients[bin * self.planes..(bin + 1) * self.planes]
    }

    /// The nodes of a bin, one a plane.
    pub(crate) fn nodes_of<'a, T>(&self, nodes: &'a [T], bin: usize) -> &'a [T] {
        &nodes[bin * self.stride..bin * self.stride + self.planes]
    }

    /// The nodes of a bin, one a plane.
    pub(crate) fn nodes_of_mut<'a, T>(&self, nodes: &'a mut [T], bin: usize) -> &'a mut [T] {
        &mut nodes[bin * self.stride..bin * self.stride + self.planes]
    }

    /// The weights of the pairs of planes of a bin, for a source's nodes (or a derivative of them).
    pub(crate) fn pair_weights<'a>(
        &'a self,
        nodes: &'a [f64],
        bin: usize,
    ) -> impl Iterator<Item = EdgeWeights> + use<'a> {
        let nodes = self.nodes_of(nodes, bin).chunks_exact(2);
        nodes.zip(self.coefficients(bin).chunks_exact(2)).map(|(x, a)| [x[0] * a[0], x[1] * a[1]])
    }

    /// The nodes of a source into `out`.
    pub(crate) fn values(&self, source: &Source, sums: TrueCounts<'_>, out: &mut [f64]) -> Result<()> {
        match &self.rule {
            Rule::Spectrum => self.evaluate(source, out, value_of(source))?,
            Rule::Integrals(shares) => self.combine(shares, &self.rows(source, 1, value_of(source))?, sums, out),
            Rule::Rescaling(rescaling) => {
                let jets = self.jets(source, &[], 0, sums)?;
                self.rescale(rescaling, &jets, sums, out, |jet, _| jet.value.clone(), |node: &f64| *node);
            }
        }
        self.check_finite(source, out)
    }

    /// First derivatives of the nodes with respect to the `wanted` parameters, one row a parameter.
    pub(crate) fn gradient(
        &self,
        source: &Source,
        wanted: &[usize],
        sums: TrueCounts<'_>,
        out: &mut [f64],
    ) -> Result<()> {
        let evaluate = gradient_of(source, wanted);
        match &self.rule {
            Rule::Spectrum => self.evaluate(source, out, evaluate)?,
            Rule::Integrals(shares) => self.combine(shares, &self.rows(source, wanted.len(), evaluate)?, sums, out),
            Rule::Rescaling(rescaling) => {
                let jets = self.jets(source, wanted, 1, sums)?;
                let dual = |jet: &Jet, p: usize| -> Vec<Dual64> {
                    jet.value.iter().zip(jet.row(p)).map(|(&re, &eps)| Dual64::new(re, eps)).collect()
                };
                self.rescale(rescaling, &jets, sums, out, dual, |node| node.eps);
            }
        }
        self.check_finite(source, out)
    }

    /// Second derivatives of the nodes with respect to the pairs of the `wanted` parameters, one row a pair: packed upper triangle.
    pub(crate) fn hessian(
        &self,
        source: &Source,
        wanted: &[usize],
        sums: TrueCounts<'_>,
        out: &mut [f64],
    ) -> Result<()> {
        let evaluate = hessian_of(source, wanted);
        match &self.rule {
            Rule::Spectrum => self.evaluate(source, out, evaluate)?,
            Rule::Integrals(shares) => self.combine(shares, &self.rows(source, n_pairs(wanted), evaluate)?, sums, out),
            Rule::Rescaling(rescaling) => {
                let jets = self.jets(source, wanted, 2, sums)?;
                let pairs: Vec<_> = (0..wanted.len()).flat_map(|p| (p..wanted.len()).map(move |q| (p, q))).collect();
                let dual = |jet: &Jet, pair: usize| -> Vec<HyperDual64> {
                    let (p, q) = pairs[pair];
                    let second = jet.second.chunks_exact(jet.value.len()).nth(pair).unwrap_or_default();
                    let second = second.iter().copied().chain(std::iter::repeat(0.0));
                    let first = jet.row(p).iter().zip(jet.row(q));
                    let all = jet.value.iter().zip(first).zip(second);
                    all.map(|((&re, (&eps1, &eps2)), both)| HyperDual64::new(re, eps1, eps2, both)).collect()
                };
                self.rescale(rescaling, &jets, sums, out, dual, |node| node.eps1eps2);
            }
        }
        self.check_finite(source, out)
    }

    /// What `evaluate` makes of the energies, into `out`.
    fn evaluate(
        &self,
        source: &Source,
        out: &mut [f64],
        evaluate: impl Fn(&[f64], &mut [f64]) -> roi_model::Result<()>,
    ) -> Result<()> {
        evaluate(self.integrals.energies(), out).map_err(|error| error.in_source(source.name()).into())
    }

    /// The same in rows of its own, one value an energy.
    fn rows(
        &self,
        source: &Source,
        n_rows: usize,
        evaluate: impl Fn(&[f64], &mut [f64]) -> roi_model::Result<()>,
    ) -> Result<Vec<f64>> {
        let mut rows = vec![0.0; n_rows * self.integrals.energies().len()];
        self.evaluate(source, &mut rows, evaluate)?;
        Ok(rows)
    }

    /// Rows of the nodes from rows of the spectrum (or its derivatives).
    fn combine(&self, shares: &[[f64; 2]], rows: &[f64], sums: TrueCounts<'_>, out: &mut [f64]) {
        let weights = self.integrals.weights(sums.plane_sums);
        let rows = rows.chunks_exact(self.integrals.energies().len());
        for (row, out) in rows.zip(out.chunks_exact_mut(self.nodes)) {
            let integrals: Vec<[f64; 2]> = self.integrals.of(&weights, row).collect();
            let nodes = gather(shares, self.planes, &integrals);
            out.iter_mut().zip(nodes).for_each(|(slot, node)| *slot = node);
        }
    }

    /// Rows of the nodes of rescaling, over the numbers that `dual` makes of a jet for a row.
    fn rescale<D: Number>(
        &self,
        rescaling: &Rescaling,
        jets: &Jets,
        sums: TrueCounts<'_>,
        out: &mut [f64],
        dual: impl Fn(&Jet, usize) -> Vec<D>,
        part: impl Fn(&D) -> f64,
    ) {
        for (at, row) in out.chunks_exact_mut(self.nodes).enumerate() {
            let integrals = dual(&jets.spectrum, at);
            let nodes = match &jets.shape {
                Some(shape) => rescaling.nodes(&integrals, &dual(shape, at), sums),
                None => rescaling.nodes(&integrals, &integrals, sums),
            };
            row.iter_mut().zip(&nodes).for_each(|(slot, node)| *slot = part(node));
        }
    }

    /// The integrals of the bins with derivatives up to an order.
    fn jets(&self, source: &Source, wanted: &[usize], order: u8, sums: TrueCounts<'_>) -> Result<Jets> {
        let value = self.rows(source, 1, value_of(source))?;
        let first = if order > 0 { self.rows(source, wanted.len(), gradient_of(source, wanted))? } else { Vec::new() };
        let second =
            if order > 1 { self.rows(source, n_pairs(wanted), hessian_of(source, wanted))? } else { Vec::new() };
        let spectrum = Jet { value, first, second };
        let shape = self.shape(source, wanted, &spectrum.value)?;
        let weights = self.integrals.weights(sums.plane_sums);
        let integrals = |rows: Vec<f64>| -> Vec<f64> {
            let rows = rows.chunks_exact(self.integrals.energies().len());
            rows.flat_map(|row| self.integrals.of(&weights, row).flatten()).collect()
        };
        let integrated =
            |jet: Jet| Jet { value: integrals(jet.value), first: integrals(jet.first), second: integrals(jet.second) };
        Ok(Jets { spectrum: integrated(spectrum), shape: shape.map(integrated) })
    }

    /// The derivative of a spectrum that is zero everywhere with respect to its norm, and its own first derivatives: what the spectrum
    /// looks like as soon as the norm is not zero. Its second derivatives are not needed, as they are multiplied by zero.
    fn shape(&self, source: &Source, wanted: &[usize], values: &[f64]) -> Result<Option<Jet>> {
        let Some(norm) = source.spectrum().norm_index().filter(|_| values.iter().all(|&value| value == 0.0)) else {
            return Ok(None);
        };
        let value = self.rows(source, 1, gradient_of(source, &[norm]))?;
        let mut first = Vec::with_capacity(wanted.len() * value.len());
        for &parameter in wanted {
            let pairs = self.rows(source, 3, hessian_of(source, &[norm, parameter]))?;
            first.extend_from_slice(&pairs[value.len()..2 * value.len()]);
        }
        Ok(Some(Jet { value, first, second: Vec::new() }))
    }

    /// A spectrum is finite where it was evaluated; sums and ratios of its values need not be.
    fn check_finite(&self, source: &Source, nodes: &[f64]) -> Result<()> {
        match nodes.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(Error::SpectrumNotFinite {
                source_name: source.name().to_owned(),
                energy: self.integrals.energy_of_bin(at % self.nodes / self.stride),
                value: nodes[at],
            }),
            None => Ok(()),
        }
    }
}

/// The sum over the true bins below and above each plane of each measured bin, of their part in it times their integral.
fn gather<'a>(shares: &'a [[f64; 2]], planes: usize, integrals: &'a [[f64; 2]]) -> impl Iterator<Item = f64> + use<'a> {
    shares.iter().enumerate().map(move |(at, &[below, above])| {
        let (bin, plane) = (at / planes, at % planes);
        let below = if plane > 0 { below * integrals[bin + plane - 1][1] } else { 0.0 };
        let above = if plane + 1 < planes { above * integrals[bin + plane][0] } else { 0.0 };
        below + above
    })
}

fn value_of(source: &Source) -> impl Fn(&[f64], &mut [f64]) -> roi_model::Result<()> {
    |energies, out| source.spectrum().evaluate(energies, out)
}

fn gradient_of(source: &Source, wanted: &[usize]) -> impl Fn(&[f64], &mut [f64]) -> roi_model::Result<()> {
    |energies, out| source.spectrum().gradient(energies, wanted, out)
}

fn hessian_of(source: &Source, wanted: &[usize]) -> impl Fn(&[f64], &mut [f64]) -> roi_model::Result<()> {
    |energies, out| source.spectrum().hessian(energies, wanted, out)
}

fn n_pairs(wanted: &[usize]) -> usize {
    wanted.len() * (wanted.len() + 1) / 2
}

/// What rescaling needs of a source: the integrals of its spectrum, and those of its shape where it is zero everywhere.
struct Jets {
    spectrum: Jet,
    shape: Option<Jet>,
}

/// Values with their derivatives: value `[value]`, first `[parameter][value]`, second `[pair][value]`.
struct Jet {
    value: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Jet {
    fn row(&self, parameter: usize) -> &[f64] {
        let n = self.value.len();
        &self.first[parameter * n..(parameter + 1) * n]
    }
}
