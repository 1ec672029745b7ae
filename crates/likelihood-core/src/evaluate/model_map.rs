//! Predicted counts of a source in every pixel, for maps and residuals. A fit never needs them: it keeps the filled bins only.

use ndarray::{Array3, Axis};
use roi_model::Source;

use crate::bin_model::named_spectrum::Rows;
use crate::data::component::ComponentData;
use crate::data::source_map::SourceMap;
use crate::error::{Error, Result};

impl ComponentData {
    /// Predicted counts `[energy bin, y, x]` of a source, energy dispersion included, from its whole map: the one that the component was
    /// given. Their sum over the pixels is [`ComponentData::npred`].
    ///
    /// # Errors
    /// [`Error::NoSourceMap`]; [`Error::Shape`] when the map is another one; a spectrum that cannot be evaluated.
    pub fn model_map(&self, source: &Source, map: &SourceMap) -> Result<Array3<f64>> {
        let own = self.planes_of(source.name(), source.apply_edisp())?;
        let nodes = own.nodes(source.into(), Rows::Value)?;
        let (view, stencil) = (own.view(), &own.stencil);
        let (planes, ny, nx) = map.planes().dim();
        let edges = self.axis().edges().len();
        // Planes beyond those that the stencil draws on, on each side.
        let beyond = planes.checked_sub(edges + stencil.n_planes() - 2).filter(|beyond| beyond % 2 == 0);
        let (Some(beyond), true) = (beyond, (ny, nx) == self.shape()) else {
            let (wanted_y, wanted_x) = self.shape();
            return Err(Error::Shape {
                what: format!("source map of '{}'", source.name()),
                expected: format!("[{edges} edges (+ planes for energy dispersion), {wanted_y}, {wanted_x}]"),
                found: format!("[{planes}, {ny}, {nx}]"),
            });
        };
        let mut counts = Array3::zeros((self.axis().n_bins(), ny, nx));
        for (bin, mut counts) in counts.outer_iter_mut().enumerate() {
            let weights = stencil.nodes_of(&nodes, bin).iter().zip(stencil.coefficients(bin));
            for (offset, (node, coefficient)) in weights.enumerate() {
                let plane = map.planes().index_axis(Axis(0), beyond / 2 + view.reference_bin(bin) + offset);
                let weight = node * coefficient;
                counts.zip_mut_with(&plane, |sum, &value| *sum += f64::from(value) * weight);
            }
        }
        Ok(counts)
    }
}
