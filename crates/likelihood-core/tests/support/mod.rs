//! Data with a workspace that follows the region before every evaluation.

#![allow(dead_code, reason = "no test uses all of it")]

use likelihood_core::{ComponentData, Data, Footprint, NormLines, Result, Workspace};
use ndarray::Array2;
use roi_model::Roi;

/// Evaluates regions as they are.
#[derive(Clone, Debug)]
pub(crate) struct Evaluator {
    pub(crate) data: Data,
    work: Option<Workspace>,
    muted: Vec<String>,
}

impl Evaluator {
    pub(crate) fn new(components: Vec<ComponentData>) -> Result<Self> {
        Ok(Self { data: Data::new(components)?, work: None, muted: Vec::new() })
    }

    pub(crate) fn components(&self) -> &[ComponentData] {
        self.data.components()
    }

    /// Leaves these sources out until the next call.
    pub(crate) fn mute(&mut self, sources: &[&str]) {
        self.muted = sources.iter().map(|&name| name.to_owned()).collect();
    }

    pub(crate) fn limit_columns(&mut self, bytes: usize) {
        self.data = self.data.clone().with_columns_limit(bytes);
    }

    pub(crate) fn footprint(&self) -> Footprint {
        self.data.footprint() + self.work.as_ref().map_or_else(Footprint::default, Workspace::footprint)
    }

    pub(crate) fn npred(&self, roi: &Roi, source: usize) -> Result<f64> {
        self.data.npred(&roi.sources()[source])
    }

    pub(crate) fn weighted_npred(&self, roi: &Roi, source: usize) -> Result<f64> {
        self.data.weighted_npred(&roi.sources()[source])
    }

    /// The data, and a workspace that follows the region.
    pub(crate) fn following(&mut self, roi: &Roi) -> Result<(&Data, &mut Workspace)> {
        let muted: Vec<&str> = self.muted.iter().map(String::as_str).collect();
        let work = match self.work.take() {
            Some(work) => work,
            None => Workspace::new(&self.data, roi, &muted)?,
        };
        let work = self.work.insert(work);
        work.follow(&self.data, roi, &muted)?;
        Ok((&self.data, work))
    }

    pub(crate) fn value(&mut self, roi: &Roi) -> Result<f64> {
        let (data, work) = self.following(roi)?;
        data.value(&roi.free_values(), work)
    }

    pub(crate) fn gradient(&mut self, roi: &Roi, gradient: &mut [f64]) -> Result<f64> {
        let (data, work) = self.following(roi)?;
        data.gradient(&roi.free_values(), work, gradient)
    }

    pub(crate) fn hessian(&mut self, roi: &Roi, gradient: &mut [f64], hessian: &mut Array2<f64>) -> Result<f64> {
        let (data, work) = self.following(roi)?;
        data.hessian(&roi.free_values(), work, gradient, hessian)
    }

    pub(crate) fn norm_lines(&mut self, roi: &Roi) -> Result<NormLines<'_>> {
        let (data, work) = self.following(roi)?;
        data.norm_lines(&roi.free_values(), work)
    }
}
