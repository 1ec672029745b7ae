//! Predicted counts beside other HDUs of a file.

use lat_response::SkyGrid;
use likelihood_core::EnergyAxis;
use ndarray::Array3;

use crate::error::{Error, Result};
use crate::fits::{ColumnValues, FitsWriter};
use crate::products::counts_cube::{image_header, table_header};
use crate::tables::{energy_bounds, healpix};

impl FitsWriter {
    /// Appends counts of energy bins `[energy bin, y, x]`, named `name`: an image of 32-bit floats, or a table of HEALPix pixels with a column `CHANNELn` a bin.
    ///
    /// # Errors
    /// [`Error::Shape`] when counts, pixels and energies differ; as [`FitsWriter::image`] and [`FitsWriter::table`].
    pub fn model_cube(
        &mut self,
        (grid, axis): (&SkyGrid, &EnergyAxis),
        name: &str,
        counts: &Array3<f64>,
    ) -> Result<()> {
        let [ny, nx] = grid.shape();
        if counts.dim() != (axis.n_bins(), ny, nx) {
            return Err(Error::Shape {
                path: self.path().to_owned(),
                hdu: format!("'{name}'"),
                found: format!("{:?}", counts.dim()),
                expected: format!("({}, {ny}, {nx}), as of energy bins and pixels", axis.n_bins()),
            });
        }
        let refuse = |writer: &Self, reason: String| Error::Unwritable {
            path: writer.path().to_owned(),
            hdu: format!("'{name}'"),
            what: "a cube".into(),
            reason,
        };
        match grid {
            SkyGrid::Wcs(grid) => {
                let mut header = image_header(grid.header(), axis);
                header.set("EXTNAME", name, "name of this cube");
                header.set("BUNIT", "count", "unit of the pixels");
                self.image(&header, &counts.mapv(single))
            }
            SkyGrid::Healpix(grid) => {
                let values =
                    counts.outer_iter().map(|plane| ColumnValues::Float(plane.iter().map(|x| single(*x)).collect()));
                let columns =
                    healpix::columns(grid, "CHANNEL", "count", values).map_err(|reason| refuse(self, reason))?;
                self.table(name, &table_header(grid), &columns)
            }
            other => Err(refuse(self, format!("pixels of an unknown kind: {other:?}"))),
        }
    }

    /// Appends table `EBOUNDS`, the energies of cubes of counts.
    ///
    /// # Errors
    /// As [`FitsWriter::table`].
    pub fn energy_bounds(&mut self, axis: &EnergyAxis) -> Result<()> {
        energy_bounds::write(self, axis)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "cubes are single precision")]
fn single(value: f64) -> f32 {
    value as f32
}
