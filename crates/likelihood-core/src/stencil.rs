//! How the planes of a source's map make up the model of each energy bin.
//!
//! The model of a bin is a sum over planes: `M_ik = sum_p m_i,p(k) A_kp X_n(k,p)`, with constants `A` and numbers `X`, the *nodes*, that
//! depend on the source's spectrum alone:
//! - without energy dispersion the two planes at the bin's edges, `X` the spectrum there and `A` the log-trapezoid rule;
//! - with energy dispersion over a window of `n` bins the `2n + 2` planes around the bin, `X` the spectrum at those edges, and `A` the
//!   rule of the true bins on both sides of the edge, each times its probability to be measured in the bin;
//! - with rescaling the two planes again, and nodes of their own for each bin ([`crate::dispersion`]).

use num_dual::{Dual64, HyperDual64};
use roi_model::source::Source;

use crate::dispersion::{Dispersion, DispersionMode, Number, Rescaling, TrueCounts};
use crate::energy::EnergyAxis;
use crate::error::{Error, Result};
use crate::kernel::EdgeWeights;

/// One way to make up the model of a component's bins.
#[derive(Clone, Debug)]
pub(crate) struct Stencil {
    /// Energies in MeV where the spectrum is evaluated.
    edges: Vec<f64>,
    /// How many planes a bin draws on; even.
    planes: usize,
    /// How many nodes there are.
    nodes: usize,
    /// The first node of bin k is node `k * stride`.
    stride: usize,
    /// `[bin][plane]`.
    coefficients: Vec<f64>,
    rescaling: Option<Rescaling>,
}

impl Stencil {
    /// Without energy dispersion.
    pub(crate) fn plain(axis: &EnergyAxis) -> Self {
        let rule = axis.log_trapezoid();
        let edges = axis.edges().to_vec();
        let coefficients = rule.lower.into_iter().zip(rule.upper).flat_map(|(lower, upper)| [lower, upper]).collect();
        Self { nodes: edges.len(), edges, planes: 2, stride: 1, coefficients, rescaling: None }
    }

    /// With energy dispersion.
    pub(crate) fn dispersed(axis: &EnergyAxis, dispersion: &Dispersion) -> Result<Self> {
        match dispersion.mode() {
            DispersionMode::Window => Self::window(axis, dispersion),
            DispersionMode::Rescaling => Ok(Self {
                edges: axis.edges().to_vec(),
                planes: 2,
                nodes: 2 * axis.n_bins(),
                stride: 2,
                coefficients: vec![1.0; 2 * axis.n_bins()],
                rescaling: Some(Rescaling::new(dispersion, axis)),
            }),
        }
    }

    fn window(axis: &EnergyAxis, dispersion: &Dispersion) -> Result<Self> {
        let extra = dispersion.n_extra();
        let wide = axis.extended(extra)?;
        let rule = wide.log_trapezoid();
        let planes = 2 * extra + 2;
        let response = dispersion.response().matrix();
        let mut coefficients = Vec::with_capacity(axis.n_bins() * planes);
        for k in 0..axis.n_bins() {
            // Edge k + p is the lower one of true bin k + p and the upper one of the bin before it; the window holds the true bins
            // k to k + 2n of the wide axis.
            coefficients.extend((0..planes).map(|p| {
                let below = if p > 0 { response[[k + p - 1, k]] * rule.upper[k + p - 1] } else { 0.0 };
                let above = if p + 1 < planes { response[[k + p, k]] * rule.lower[k + p] } else { 0.0 };
                below + above
            }));
        }
        let edges = wide.edges().to_vec();
        Ok(Self { nodes: edges.len(), edges, planes, stride: 1, coefficients, rescaling: None })
    }

    /// Whether the nodes are linear in the spectrum.
    pub(crate) fn is_linear(&self) -> bool {
        self.rescaling.is_none()
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
        let Some(rescaling) = &self.rescaling else {
            source.spectrum().evaluate(&self.edges, out).map_err(|error| error.in_source(source.name()))?;
            return self.check_finite(source, out);
        };
        let spectrum = self.spectrum(source)?;
        let shape = self.shape(source, &[], &spectrum)?;
        let shape: Vec<f64> = shape.map_or_else(|| spectrum.clone(), |shape| shape.value);
        out.copy_from_slice(&rescaling.nodes(&spectrum, &shape, sums));
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
        let Some(rescaling) = &self.rescaling else {
            let evaluated = source.spectrum().gradient(&self.edges, wanted, out);
            evaluated.map_err(|error| error.in_source(source.name()))?;
            return self.check_finite(source, out);
        };
        let spectrum = self.jet(source, wanted)?;
        let shape = self.shape(source, wanted, &spectrum.value)?;
        for (p, row) in out.chunks_exact_mut(self.nodes).enumerate() {
            let dual = |jet: &Jet| -> Vec<Dual64> {
                jet.value.iter().zip(jet.row(p)).map(|(&re, &eps)| Dual64::new(re, eps)).collect()
            };
            let derivatives = nodes(rescaling, &spectrum, shape.as_ref(), sums, dual);
            row.iter_mut().zip(derivatives).for_each(|(slot, node)| *slot = node.eps);
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
        let Some(rescaling) = &self.rescaling else {
            let evaluated = source.spectrum().hessian(&self.edges, wanted, out);
            evaluated.map_err(|error| error.in_source(source.name()))?;
            return self.check_finite(source, out);
        };
        let mut spectrum = self.jet(source, wanted)?;
        spectrum.second = vec![0.0; wanted.len() * (wanted.len() + 1) / 2 * self.edges.len()];
        let evaluated = source.spectrum().hessian(&self.edges, wanted, &mut spectrum.second);
        evaluated.map_err(|error| error.in_source(source.name()))?;
        let shape = self.shape(source, wanted, &spectrum.value)?;
        let pairs = (0..wanted.len()).flat_map(|p| (p..wanted.len()).map(move |q| (p, q)));
        for ((pair, (p, q)), row) in pairs.enumerate().zip(out.chunks_exact_mut(self.nodes)) {
            let dual = |jet: &Jet| -> Vec<HyperDual64> {
                let second = jet.second.get(pair * self.edges.len()..).unwrap_or_default();
                let second = second.iter().copied().chain(std::iter::repeat(0.0));
                let first = jet.row(p).iter().zip(jet.row(q));
                let all = jet.value.iter().zip(first).zip(second);
                all.map(|((&re, (&eps1, &eps2)), both)| HyperDual64::new(re, eps1, eps2, both)).collect()
            };
            let derivatives = nodes(rescaling, &spectrum, shape.as_ref(), sums, dual);
            row.iter_mut().zip(derivatives).for_each(|(slot, node)| *slot = node.eps1eps2);
        }
        self.check_finite(source, out)
    }

    fn spectrum(&self, source: &Source) -> Result<Vec<f64>> {
        let mut values = vec![0.0; self.edges.len()];
        source.spectrum().evaluate(&self.edges, &mut values).map_err(|error| error.in_source(source.name()))?;
        Ok(values)
    }

    fn jet(&self, source: &Source, wanted: &[usize]) -> Result<Jet> {
        let value = self.spectrum(source)?;
        let mut first = vec![0.0; wanted.len() * self.edges.len()];
        let evaluated = source.spectrum().gradient(&self.edges, wanted, &mut first);
        evaluated.map_err(|error| error.in_source(source.name()))?;
        Ok(Jet { value, first, second: Vec::new() })
    }

    /// The derivative of a spectrum that is zero everywhere with respect to its norm, and its own first derivatives: what the spectrum
    /// looks like as soon as the norm is not zero. Its second derivatives are not needed, as they are multiplied by zero.
    fn shape(&self, source: &Source, wanted: &[usize], values: &[f64]) -> Result<Option<Jet>> {
        let Some(norm) = source.spectrum().norm_index().filter(|_| values.iter().all(|&value| value == 0.0)) else {
            return Ok(None);
        };
        let failed = |error: roi_model::Error| error.in_source(source.name());
        let n_edges = self.edges.len();
        let mut value = vec![0.0; n_edges];
        source.spectrum().gradient(&self.edges, &[norm], &mut value).map_err(failed)?;
        let mut first = Vec::with_capacity(wanted.len() * n_edges);
        for &parameter in wanted {
            let mut pairs = vec![0.0; 3 * n_edges];
            source.spectrum().hessian(&self.edges, &[norm, parameter], &mut pairs).map_err(failed)?;
            first.extend_from_slice(&pairs[n_edges..2 * n_edges]);
        }
        Ok(Some(Jet { value, first, second: Vec::new() }))
    }

    fn check_finite(&self, source: &Source, values: &[f64]) -> Result<()> {
        match values.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(Error::SpectrumNotFinite {
                source_name: source.name().to_owned(),
                energy: self.edges[at % self.nodes / self.stride],
                value: values[at],
            }),
            None => Ok(()),
        }
    }
}

/// A spectrum at the edges with its derivatives: value `[edge]`, first `[parameter][edge]`, second `[pair][edge]`.
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

/// The nodes of rescaling over the numbers that `dual` makes of a jet.
fn nodes<D: Number>(
    rescaling: &Rescaling,
    spectrum: &Jet,
    shape: Option<&Jet>,
    sums: TrueCounts<'_>,
    dual: impl Fn(&Jet) -> Vec<D>,
) -> Vec<D> {
    let numbers = dual(spectrum);
    match shape {
        Some(shape) => rescaling.nodes(&numbers, &dual(shape), sums),
        None => rescaling.nodes(&numbers, &numbers, sums),
    }
}
