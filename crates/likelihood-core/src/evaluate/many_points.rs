//! `logL` and its gradient at many points in one reading of the data.
//!
//! Searches that go on side by side, the limits of many sources say, each want the gradient somewhere else. Evaluated one after the other they
//! read all planes and columns anew each time; together they read them once, block by block ([`crate::evaluate::stream`]). The arithmetic is
//! the same, and so are the bits.

use crate::data::component::ComponentData;
use crate::data::joint::Data;
use crate::error::Result;
use crate::evaluate::pass::Pass;
use crate::evaluate::workspace::Workspace;
use crate::kernel::buffers::Buffers;

/// So many points are evaluated in one reading at most: the sums of each take eight bytes a block and column, sixteen a block and pair of planes.
const TOGETHER: usize = 16;

/// `logL` at a point, and its first derivatives there.
#[derive(Clone, Debug, PartialEq)]
pub struct PointGradient {
    /// `logL`.
    pub value: f64,
    /// One derivative a free parameter.
    pub gradient: Vec<f64>,
}

impl Data {
    /// [`Data::gradient`] at each of these points, to the last bit; `None` where the model cannot be evaluated or makes the data impossible. The
    /// workspace stands where it stood.
    ///
    /// Beside the workspace it holds, for up to 16 points at once, their partial sums: 16 bytes a block of 512 filled bins, and in each block 8
    /// bytes a source whose norm alone is free and 16 a pair of planes of the other free sources.
    ///
    /// ```
    /// # use likelihood_core::{ComponentData, CountsCube, Data, EnergyAxis, SourceMap, Workspace};
    /// # use ndarray::Array3;
    /// # use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
    /// # let spectrum = Spectrum::new("PowerLaw", vec![
    /// #     Parameter::new("Prefactor", 3.0)?.with_scale(1e-12)?.with_free(true),
    /// #     Parameter::new("Index", 2.0)?.with_scale(-1.0)?,
    /// #     Parameter::new("Scale", 1000.0)?,
    /// # ])?;
    /// # let center = SkyDirection::new(83.63, 22.01)?;
    /// # let source = Source::new("Crab", SourceType::Point, spectrum, SpatialModel::point(center)?)?;
    /// # let roi = Roi::new(center, vec![source])?;
    /// # let axis = EnergyAxis::new(vec![100.0, 1000.0, 10_000.0])?;
    /// # let counts = CountsCube::new(axis, Array3::from_shape_vec((2, 1, 1), vec![250.0, 31.0])?)?;
    /// # let mut component = ComponentData::new("00", &counts);
    /// # component.add_source_map("Crab", &SourceMap::new(Array3::from_elem((3, 1, 1), 7e9))?)?;
    /// # let data = Data::new(vec![component])?;
    /// let mut work = Workspace::new(&data, &roi, &[])?;
    /// let found = data.gradients(&[vec![2.9], vec![3.1], vec![0.0]], &mut work)?;
    /// let mut gradient = [0.0];
    /// let value = data.gradient(&[3.1], &mut work, &mut gradient)?;
    /// assert_eq!(found[1].as_ref().map(|at| (at.value, at.gradient[0])), Some((value, gradient[0])));
    /// // Without the only source the counts are impossible.
    /// assert!(found[2].is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Data::gradient`], but for points where the data are impossible or a spectrum is not finite.
    pub fn gradients(&self, points: &[Vec<f64>], work: &mut Workspace) -> Result<Vec<Option<PointGradient>>> {
        let stood = work.values();
        let mut found = Vec::with_capacity(points.len());
        let mut run = || {
            for some in points.chunks(TOGETHER) {
                found.extend(self.gradients_together(some, work)?);
            }
            Ok(())
        };
        let done = run();
        // Whatever became of them.
        let stands = work.take(self, &stood);
        done.and(stands).map(|()| found)
    }

    fn gradients_together(&self, points: &[Vec<f64>], work: &mut Workspace) -> Result<Vec<Option<PointGradient>>> {
        // Columns that were made at norm zero are made anew before anything is laid out.
        for values in points {
            work.take(self, values)?;
        }
        let nothing = PointGradient { value: 0.0, gradient: vec![0.0; work.n_parameters()] };
        let mut found = vec![Some(nothing); points.len()];
        for (index, component) in self.components().iter().enumerate() {
            self.add_component((index, component), points, &mut found, work)?;
        }
        Ok(found)
    }

    /// Adds one component at every point that has a value so far.
    fn add_component(
        &self,
        (index, component): (usize, &ComponentData),
        points: &[Vec<f64>],
        found: &mut [Option<PointGradient>],
        work: &mut Workspace,
    ) -> Result<()> {
        let (mut buffers, mut places) = (Vec::with_capacity(points.len()), Vec::with_capacity(points.len()));
        for (values, place) in points.iter().zip(found) {
            if place.is_none() {
                continue;
            }
            work.take(self, values)?;
            let mut own = Buffers::default();
            let pass = pass_of(component, index, work);
            match pass.weigh(&mut own).and_then(|()| pass.differentiate(&mut own)) {
                Ok(()) => {
                    buffers.push(own);
                    places.push(place);
                }
                Err(error) if error.depends_on_parameters() => *place = None,
                Err(error) => return Err(error),
            }
        }
        let pass = pass_of(component, index, work);
        pass.stream_points(&mut buffers, work.threads());
        for (own, place) in buffers.iter_mut().zip(places) {
            match (pass.sum_of_blocks(own), place.as_mut()) {
                (Ok(value), Some(at)) => {
                    at.value += value;
                    pass.add_gradient(own, &mut at.gradient);
                }
                (Err(error), _) if !error.depends_on_parameters() => return Err(error),
                _ => *place = None,
            }
        }
        Ok(())
    }
}

/// A component with the sources as the workspace has them now.
fn pass_of<'a>(component: &'a ComponentData, index: usize, work: &'a Workspace) -> Pass<'a> {
    let layout = &work.components()[index].layout;
    Pass::new(component, work.sources(), &layout.fixed, &layout.free)
}
