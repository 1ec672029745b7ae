//! One number a pixel: the HDUs of maps of significance, excess and the like.

use lat_response::SkyGrid;
use ndarray::Array2;

use crate::error::{Error, Result};
use crate::fits::{ColumnValues, FitsWriter, Header};
use crate::tables::{healpix, wcs_header};

impl FitsWriter {
    /// Appends a map, shape as [`SkyGrid::shape`]: an image of 64-bit floats (the primary HDU if it is the first), or a table of HEALPix pixels,
    /// named `name`. `header` holds keywords besides those of layout and pixels.
    ///
    /// # Errors
    /// [`Error::Shape`] when map and pixels differ; as [`FitsWriter::picture`] and [`FitsWriter::table`].
    pub fn sky_image(&mut self, grid: &SkyGrid, name: &str, header: &Header, values: &Array2<f64>) -> Result<()> {
        let [ny, nx] = grid.shape();
        if values.dim() != (ny, nx) {
            return Err(Error::Shape {
                path: self.path().to_owned(),
                hdu: format!("'{name}'"),
                found: format!("{:?}", values.dim()),
                expected: format!("({ny}, {nx}), as in the grid on the sky"),
            });
        }
        let mut all = Header::default();
        let refuse = |writer: &Self, reason: String| Error::Unwritable {
            path: writer.path().to_owned(),
            hdu: format!("'{name}'"),
            what: "a map".into(),
            reason,
        };
        match grid {
            SkyGrid::Wcs(grid) => {
                wcs_header::write(grid.header(), &mut all);
                all.set("RADESYS", "FK5", "equatorial coordinate system");
                all.set("EQUINOX", 2000.0, "equinox of RA and DEC");
                all.set("EXTNAME", name, "name of this map");
                extend(&mut all, header);
                self.picture(&all, values)
            }
            SkyGrid::Healpix(grid) => {
                healpix::write_grid(grid, &mut all);
                extend(&mut all, header);
                let values = ColumnValues::Double(values.iter().copied().collect());
                let mut columns = healpix::columns(grid, "VALUE", "", std::iter::once(values))
                    .map_err(|reason| refuse(self, reason))?;
                // One map a table: its column needs no number.
                columns
                    .iter_mut()
                    .filter(|column| column.name == "VALUE1")
                    .for_each(|column| column.name = name.into());
                self.table(name, &all, &columns)
            }
            other => Err(refuse(self, format!("pixels of an unknown kind: {other:?}"))),
        }
    }
}

fn extend(all: &mut Header, more: &Header) {
    for card in more.cards() {
        if let Some(value) = &card.value {
            all.set(&card.keyword, value.clone(), card.comment.as_deref().unwrap_or(""));
        }
    }
}
