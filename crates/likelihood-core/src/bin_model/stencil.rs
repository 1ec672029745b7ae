//! How the planes of a source's map make up the model of each energy bin.
//!
//! The model of a bin is a sum over planes: `M_ik = sum_p m_i,p(k) A_kp X_n(k,p)`, with constants `A` and numbers `X`, the *nodes*, that
//! depend on the source's spectrum and on what its map's planes add up to:
//! - without energy dispersion the two planes at the bin's edges, with energy dispersion over a window of `n` bins the `2n + 2` planes
//!   around the bin. By the log-trapezoid rule `X` is the spectrum at those edges, and `A` the rule of the true bins on both sides of the
//!   edge, each times its probability to be measured in the bin. By quadrature every bin has nodes of its own: the sum, weighted with the
//!   same probabilities, of what the spectrum integrated over those true bins gives the plane between them ([`crate::bin_model::integration`]);
//! - with rescaling the two planes again, and nodes of their own for each bin ([`crate::bin_model::dispersion`]).

use crate::bin_model::dispersion::jets::{Jet, Jets};
use crate::bin_model::dispersion::rescaling::{Rescaling, TrueCounts};
use crate::bin_model::dispersion::{Dispersion, DispersionMode};
use crate::bin_model::integration::{BinIntegrals, EnergyIntegration};
use crate::bin_model::named_spectrum::{NamedSpectrum, Rows};
use crate::data::energy::EnergyAxis;
use crate::error::{Error, Result};
use crate::kernel::input::EdgeWeights;

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

    /// The nodes of a source, or derivatives of them, row by row into `out`.
    pub(crate) fn nodes(
        &self,
        source: NamedSpectrum<'_>,
        rows: Rows<'_>,
        sums: TrueCounts<'_>,
        out: &mut [f64],
    ) -> Result<()> {
        match &self.rule {
            Rule::Spectrum => source.evaluate(rows, self.integrals.energies(), out)?,
            Rule::Integrals(shares) => self.combine(shares, &self.spectra(source, rows)?, sums, out),
            Rule::Rescaling(rescaling) => self.jets(source, rows, sums)?.rescale(rescaling, rows, sums, out),
        }
        self.check_finite(source, out)
    }

    /// Rows of the spectrum, one value an energy.
    fn spectra(&self, source: NamedSpectrum<'_>, rows: Rows<'_>) -> Result<Vec<f64>> {
        let mut out = vec![0.0; rows.len() * self.integrals.energies().len()];
        source.evaluate(rows, self.integrals.energies(), &mut out)?;
        Ok(out)
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

    /// The integrals of the bins, with the derivatives that the rows need.
    fn jets(&self, source: NamedSpectrum<'_>, rows: Rows<'_>, sums: TrueCounts<'_>) -> Result<Jets> {
        let wanted = rows.wanted();
        let value = self.spectra(source, Rows::Value)?;
        let first = self.spectra(source, Rows::First(wanted))?;
        let second = if matches!(rows, Rows::Second(_)) { self.spectra(source, rows)? } else { Vec::new() };
        let shape = self.shape(source, wanted, &value)?;
        let weights = self.integrals.weights(sums.plane_sums);
        let integrals = |rows: Vec<f64>| -> Vec<f64> {
            let rows = rows.chunks_exact(self.integrals.energies().len());
            rows.flat_map(|row| self.integrals.of(&weights, row).flatten()).collect()
        };
        let spectrum = Jet { value, first, second }.map(integrals);
        Ok(Jets { spectrum, shape: shape.map(|jet| jet.map(integrals)) })
    }

    /// The derivative of a spectrum that is zero everywhere with respect to its norm, and its own first derivatives: what the spectrum
    /// looks like as soon as the norm is not zero. Its second derivatives are not needed, as they are multiplied by zero.
    fn shape(&self, source: NamedSpectrum<'_>, wanted: &[usize], values: &[f64]) -> Result<Option<Jet>> {
        let Some(norm) = source.spectrum.norm_index().filter(|_| values.iter().all(|&value| value == 0.0)) else {
            return Ok(None);
        };
        let value = self.spectra(source, Rows::First(&[norm]))?;
        let mut first = Vec::with_capacity(wanted.len() * value.len());
        for &parameter in wanted {
            let pairs = self.spectra(source, Rows::Second(&[norm, parameter]))?;
            first.extend_from_slice(&pairs[value.len()..2 * value.len()]);
        }
        Ok(Some(Jet { value, first, second: Vec::new() }))
    }

    /// A spectrum is finite where it was evaluated; sums and ratios of its values need not be.
    fn check_finite(&self, source: NamedSpectrum<'_>, nodes: &[f64]) -> Result<()> {
        match nodes.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(Error::SpectrumNotFinite {
                source_name: source.name.to_owned(),
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
