//! What the point and the extended source predict in every pixel.

use lat_response::SkyGrid;
use likelihood_core::{ComponentData, EnergyAxis, SourceMap};
use ndarray::{Array3, Axis};
use roi_fit::{Analysis, TrialMaker};
use roi_model::Roi;

use crate::error::{Error, Result};

/// Cubes that are held at once: source and others of two fits, and the six that are written.
const CUBES: usize = 10;

/// A source as one of the two is fitted: the model, and its maps, one a component.
#[derive(Clone, Debug)]
pub(crate) struct Hypothesis {
    pub(crate) roi: Roi,
    pub(crate) maps: Vec<SourceMap>,
}

/// Predicted counts of the fits of [`crate::extension`] in every pixel, all components together.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ModelCubes {
    /// The pixels.
    pub grid: SkyGrid,
    /// The energy bins.
    pub axis: EnergyAxis,
    /// The fit of the point.
    pub ptsrc: HypothesisCubes,
    /// The fit of the best width.
    pub ext: HypothesisCubes,
}

/// Predicted counts `[energy bin, y, x]` of one fit.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HypothesisCubes {
    /// Of the source.
    pub src: Array3<f64>,
    /// Of all others.
    pub bkg: Array3<f64>,
}

impl HypothesisCubes {
    /// Of all sources.
    pub fn tot(&self) -> Array3<f64> {
        &self.src + &self.bkg
    }
}

impl ModelCubes {
    /// The cubes by fermipy's names, as `ext_src_map`.
    pub fn named(&self) -> Vec<(&'static str, Array3<f64>)> {
        let Self { ptsrc, ext, .. } = self;
        vec![
            ("ext_bkg_map", ext.bkg.clone()),
            ("ext_src_map", ext.src.clone()),
            ("ext_tot_map", ext.tot()),
            ("ptsrc_bkg_map", ptsrc.bkg.clone()),
            ("ptsrc_src_map", ptsrc.src.clone()),
            ("ptsrc_tot_map", ptsrc.tot()),
        ]
    }
}

/// Refuses components whose counts have no sum.
///
/// # Errors
/// [`Error::Option`].
pub(crate) fn check_alike(makers: &[TrialMaker]) -> Result<()> {
    let is_like = |pair: &[TrialMaker]| pair[0].grid() == pair[1].grid() && pair[0].axis() == pair[1].axis();
    if makers.windows(2).all(is_like) {
        return Ok(());
    }
    Err(Error::Option {
        option: "save_model_map",
        found: "components of different pixels or energies".into(),
        expected: "components whose counts can be added; model-map writes those of each",
    })
}

impl ModelCubes {
    /// Those of the fits of a source.
    ///
    /// # Errors
    /// As [`Analysis::cubes`].
    pub(crate) fn of(analysis: &Analysis, name: &str, [ptsrc, ext]: [&Hypothesis; 2]) -> Result<Self> {
        let both = analysis.likelihood().components().first().zip(analysis.trial_makers().first());
        let Some((component, maker)) = both else { return Err(likelihood_core::Error::NoComponents.into()) };
        let bins = component.bins();
        let cells = maker.grid().n_pixels() * bins.len();
        analysis.session().check_memory("the model cubes", (CUBES * size_of::<f64>() * cells) as u64)?;
        Ok(Self {
            grid: maker.grid().clone(),
            axis: EnergyAxis::new(component.axis().edges()[bins.start..=bins.end].to_vec())?,
            ptsrc: cubes(analysis, name, ptsrc)?,
            ext: cubes(analysis, name, ext)?,
        })
    }
}

/// The counts of one fit, all components together.
fn cubes(analysis: &Analysis, name: &str, hypothesis: &Hypothesis) -> Result<HypothesisCubes> {
    let source = hypothesis.roi.source(name)?;
    let others = analysis.cubes_of(&hypothesis.roi, std::slice::from_ref(&name.to_owned()))?;
    let counted =
        |cube: &Array3<f64>, component: &ComponentData| cube.slice_axis(Axis(0), component.bins().into()).to_owned();
    let mut sums: Option<HypothesisCubes> = None;
    for ((component, map), other) in analysis.likelihood().components().iter().zip(&hypothesis.maps).zip(&others) {
        let own = component.model_map(source, map)?;
        let (src, bkg) = (counted(&own, component), counted(other.model(), component));
        match &mut sums {
            None => sums = Some(HypothesisCubes { src, bkg }),
            Some(sums) if sums.src.len_of(Axis(0)) == src.len_of(Axis(0)) => {
                sums.src += &src;
                sums.bkg += &bkg;
            }
            Some(_) => return Err(Error::Internal { what: "components of different energies that were alike" }),
        }
    }
    sums.ok_or_else(|| likelihood_core::Error::NoComponents.into())
}
