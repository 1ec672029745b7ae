//! Maps of sources that are moved and made wider: for estimators, which try many of them.

use std::fmt;
use std::sync::{Arc, OnceLock};

use lat_response::{PsfScale, SkyGrid, SourceMapBuilder, TrialMap};
use likelihood_core::{EnergyAxis, SourceMap};
use ndarray::Array3;
use roi_model::Source;

use super::assemble::Component;
use super::map_maker::MapMaker;
use super::own_templates::ComponentModel;
use crate::config::ExposureScaling;
use crate::error::{Error, Result};

/// Makes the maps of new sources for one component, as its likelihood takes them: with the corrections of the exposure and the component's own
/// tables, and the planes that energy dispersion needs. Exposure and PSF are read, or computed, when the first map is made. It may be shared by
/// threads.
pub struct TrialMaker {
    component: String,
    grid: SkyGrid,
    axis: EnergyAxis,
    model: ComponentModel,
    exposure: ExposureScaling,
    /// `None` for one that came with its builder.
    maker: Option<Arc<MapMaker>>,
    builder: OnceLock<SourceMapBuilder>,
}

impl fmt::Debug for TrialMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrialMaker").field("component", &self.component).finish_non_exhaustive()
    }
}

impl Component {
    /// What makes the maps of new sources for the component.
    pub fn into_trial_maker(self) -> TrialMaker {
        TrialMaker {
            component: self.name,
            axis: self.counts.cube.axis().clone(),
            grid: self.counts.grid,
            model: self.model,
            exposure: self.exposure,
            maker: Some(Arc::new(self.maker)),
            builder: OnceLock::new(),
        }
    }
}

impl TrialMaker {
    /// For a component in memory: its pixels and energies, and what makes maps for them.
    pub fn new(component: impl Into<String>, grid: SkyGrid, axis: EnergyAxis, builder: SourceMapBuilder) -> Self {
        Self {
            component: component.into(),
            grid,
            axis,
            model: ComponentModel::default(),
            exposure: ExposureScaling::default(),
            maker: None,
            builder: OnceLock::from(builder),
        }
    }

    /// One whose PSF is wider or narrower; everything else is shared. `source` is one whose maps will be made: an error names it.
    ///
    /// # Errors
    /// When exposure or PSF are missing or do not cover what is needed.
    pub fn with_psf_scale(&self, scale: &PsfScale, source: &Source) -> Result<Self> {
        Ok(Self {
            component: self.component.clone(),
            grid: self.grid.clone(),
            axis: self.axis.clone(),
            model: self.model.clone(),
            exposure: self.exposure.clone(),
            maker: self.maker.clone(),
            builder: OnceLock::from(self.builder(source)?.with_psf_scale(scale)?),
        })
    }

    /// The component's name.
    pub fn component(&self) -> &str {
        &self.component
    }

    /// The pixels of the counts.
    pub fn grid(&self) -> &SkyGrid {
        &self.grid
    }

    /// The edges of the energy bins of the counts.
    pub fn axis(&self) -> &EnergyAxis {
        &self.axis
    }

    /// The map of a source of any kind, as the likelihood takes it; zero where the component lacks the source.
    ///
    /// # Errors
    /// When exposure, PSF or template are missing or do not cover what is needed.
    pub fn source_map(&self, source: &Source) -> Result<SourceMap> {
        if self.model.is_absent(source.name()) {
            return self.empty(source);
        }
        let own = self.own(source)?;
        let builder = self.builder(source)?;
        let map = match &self.maker {
            Some(maker) => builder.source_map(&own, &maker.templates)?,
            None => builder.source_map(&own, &())?,
        };
        self.adapted(source, map)
    }

    /// The map of a point, a disk or a Gaussian, as [`TrialMaker::source_map`] makes it, with its derivatives.
    ///
    /// # Errors
    /// As [`TrialMaker::source_map`]; for other spatial models, which have neither place nor width to change.
    pub fn trial(&self, source: &Source) -> Result<TrialMap> {
        let own = self.own(source)?;
        let TrialMap { map, east, north, width } = self.builder(source)?.trial(&own)?;
        let is_absent = self.model.is_absent(source.name());
        let adapted = |map| if is_absent { self.empty(source) } else { self.adapted(source, map) };
        Ok(TrialMap {
            map: adapted(map)?,
            east: adapted(east)?,
            north: adapted(north)?,
            width: width.map(adapted).transpose()?,
        })
    }

    /// The source as the component has it.
    fn own(&self, source: &Source) -> Result<Source> {
        if self.model.is_absent(source.name()) {
            return Ok(source.clone());
        }
        let own = self.model.source(source)?;
        Ok(self.maker.as_ref().map_or_else(|| own.clone(), |maker| maker.own(&own)))
    }

    fn builder(&self, source: &Source) -> Result<&SourceMapBuilder> {
        match (self.builder.get(), &self.maker) {
            (Some(builder), _) => Ok(builder),
            (None, Some(maker)) => {
                // Made twice where two threads come at once: the same both times.
                let made = maker.builder(&self.grid, &self.axis, source.name())?;
                Ok(self.builder.get_or_init(|| made))
            }
            (None, None) => Err(Error::Internal { what: "no builder of source maps" }),
        }
    }

    /// With the correction of the exposure and the component's own table.
    fn adapted(&self, source: &Source, map: SourceMap) -> Result<SourceMap> {
        let scaled = match self.exposure.of(source.name()).filter(|factor| *factor != 1.0) {
            None => map,
            Some(factor) => {
                #[expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]
                let planes = map.planes().mapv(|value| (f64::from(value) * factor) as f32);
                SourceMap::new(planes).map_err(|error| {
                    Error::planes(source.name(), "cannot be multiplied by the correction of the exposure", error)
                })?
            }
        };
        self.model.adapted(source, &self.axis, scaled)
    }

    fn empty(&self, source: &Source) -> Result<SourceMap> {
        let extra = self.maker.as_ref().map_or(0, |maker| maker.extra_of(source));
        let [ny, nx] = self.grid.shape();
        SourceMap::new(Array3::zeros((self.axis.edges().len() + 2 * extra, ny, nx)))
            .map_err(|error| Error::planes(source.name(), "cannot be zero", error))
    }
}
