//! Source map files in the layout of gtsrcmaps: a counts cube, then one extension for each source, named after it: an image, or a table of
//! HEALPix pixels.

use std::collections::HashSet;
use std::path::Path;

use lat_response::SkyGrid;
use likelihood_core::{EnergyAxis, LikelihoodWeights, SourceMap};
use ndarray::Array3;

use crate::error::{Error, Result};
use crate::fits::{FitsFile, FitsWriter, Hdu, Header};
use crate::products::counts_cube::{self, CountsCubeFile};
use crate::products::source_maps_healpix;
use crate::tables::energy_bounds;
use crate::tables::good_time;
use crate::tables::healpix;
use crate::tables::inputs::{self, INPUTS};
use crate::tables::keywords::Keywords;

/// The keyword of what the exposure of a map was multiplied by already.
const EXPSCALE: &str = "EXPSCALE";

/// The extension of the likelihood weights.
const WEIGHTS: &str = "__weights__";

/// A source map file open for reading; maps are read one by one when asked for, from any thread.
#[derive(Debug)]
pub struct SourceMapFile {
    file: FitsFile,
    names: Vec<String>,
    axis: EnergyAxis,
    grid: SkyGrid,
}

impl SourceMapFile {
    /// Opens a source map file, plain or gzip, and lists its maps.
    ///
    /// # Errors
    /// When the file is missing, damaged or no source map file, holds two maps of one name, or one whose `EXPSCALE` is no number.
    pub fn open(path: &Path) -> Result<Self> {
        let file = FitsFile::open(path)?;
        let (_, grid) = counts_cube::read_grid(&file)?;
        let axis = energy_bounds::read(&file)?;
        let names: Vec<String> = maps(&file, &grid).map(|hdu| hdu.name().to_owned()).collect();
        let mut seen = HashSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(Error::BadFits {
                path: path.to_owned(),
                hdu: format!("'{twice}'"),
                reason: "the file holds two source maps of this name; remove one".into(),
            });
        }
        for hdu in maps(&file, &grid).filter(|hdu| hdu.header().get(EXPSCALE).is_some()) {
            if !hdu.header().real(EXPSCALE).is_some_and(f64::is_finite) {
                return Err(Keywords { file: &file, hdu }.wrong(EXPSCALE, "a finite number"));
            }
        }
        Ok(Self { file, names, axis, grid })
    }

    /// The path it was opened with.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Names of the sources that have a map, in the order of the file.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Bytes that the open file takes in memory: as many as it has for a gzip file, none for a plain one.
    pub fn bytes_in_memory(&self) -> usize {
        self.file.bytes_in_memory()
    }

    /// The energy axis of the counts cube that the maps were made for, in MeV.
    pub fn axis(&self) -> &EnergyAxis {
        &self.axis
    }

    /// The pixels of the maps.
    pub fn grid(&self) -> &SkyGrid {
        &self.grid
    }

    /// The counts that the maps were made beside, `[energy bin, y, x]`. The likelihood takes its counts from the counts cube.
    ///
    /// # Errors
    /// When their HDU is not an image of three axes, or cannot be read.
    pub fn read_counts(&self) -> Result<Array3<f32>> {
        let (hdu, grid) = counts_cube::read_grid(&self.file)?;
        counts_cube::read_counts(&self.file, hdu, &grid)
    }

    /// Whether there is a map for this source, by the rules of [`SourceMapFile::read`].
    pub fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Reads the map of a source: all planes, those for energy dispersion included. The name is matched exactly, else without regard
    /// to case if that leaves one map.
    ///
    /// # Errors
    /// When there is no such map, its shape does not fit the counts cube, or it holds NaN or infinity.
    pub fn read(&self, name: &str) -> Result<SourceMap> {
        let hdu = self.find(name).ok_or_else(|| Error::MissingHdu {
            path: self.path().to_owned(),
            what: "source map",
            name: name.to_owned(),
            known: if self.names.is_empty() { "none".into() } else { self.names.join(", ") },
        })?;
        let planes = if let SkyGrid::Healpix(grid) = &self.grid {
            source_maps_healpix::read(&self.file, hdu, grid, self.axis.edges().len())?
        } else {
            self.check_shape(hdu)?;
            self.file.read_cube_f32(hdu)?
        };
        SourceMap::new(planes).map_err(|source| Error::data(self.path(), hdu.label(), source))
    }

    /// The digest of all that the map of a source was made from, if it was made here.
    pub fn inputs(&self, name: &str) -> Option<&str> {
        self.find(name)?.header().text(INPUTS)
    }

    /// Where the map of a source comes from.
    pub fn origin(&self, name: &str) -> MapOrigin {
        MapOrigin { inputs: self.inputs(name).map(str::to_owned), exposure_scale: self.exposure_scale(name) }
    }

    /// How many planes the map of a source has, if there is one.
    pub fn n_planes(&self, name: &str) -> Option<usize> {
        let hdu = self.find(name)?;
        match &self.grid {
            SkyGrid::Healpix(_) => Some(source_maps_healpix::n_planes(hdu)),
            _ => hdu.image_axes()?.get(2).copied(),
        }
    }

    /// The correction of the exposure that the map of a source holds already: keyword `EXPSCALE`, which fermipy writes; 1 without it.
    pub fn exposure_scale(&self, name: &str) -> f64 {
        self.find(name).and_then(|hdu| hdu.header().real(EXPSCALE)).unwrap_or(1.0)
    }

    /// The likelihood weights that the file holds in its extension `__weights__`, one a bin of the counts cube, if any.
    ///
    /// # Errors
    /// When the extension cannot be read, has another shape or holds weights that are not finite.
    pub fn read_weights(&self) -> Result<Option<LikelihoodWeights>> {
        let Some(hdu) = self.file.hdus().iter().find(|hdu| hdu.name() == WEIGHTS) else { return Ok(None) };
        let [ny, nx] = self.grid.shape();
        let values = match &self.grid {
            SkyGrid::Healpix(grid) => source_maps_healpix::read(&self.file, hdu, grid, self.axis.n_bins())?,
            _ => self.file.read_cube_f32(hdu)?,
        };
        let expected = (self.axis.n_bins(), ny, nx);
        if values.dim() != expected {
            return Err(Error::Shape {
                path: self.path().to_owned(),
                hdu: hdu.label(),
                found: format!("{:?}", values.dim()),
                expected: format!("{expected:?} [energy bin, y, x]"),
            });
        }
        LikelihoodWeights::new(values).map(Some).map_err(|source| Error::data(self.path(), hdu.label(), source))
    }

    /// Whether the file holds likelihood weights.
    pub fn has_weights(&self) -> bool {
        self.file.hdus().iter().any(|hdu| hdu.name() == WEIGHTS)
    }

    fn find(&self, name: &str) -> Option<&Hdu> {
        maps(&self.file, &self.grid).find(|hdu| hdu.name() == name).or_else(|| {
            let mut alike = maps(&self.file, &self.grid).filter(|hdu| hdu.name().eq_ignore_ascii_case(name));
            alike.next().filter(|_| alike.next().is_none())
        })
    }

    /// A map has the pixels of the counts cube and a plane for each energy edge, or the same number of planes more on each side, which
    /// gtsrcmaps adds for energy dispersion.
    fn check_shape(&self, hdu: &Hdu) -> Result<()> {
        let edges = self.axis.edges().len();
        let axes = hdu.image_axes();
        let [ny, nx] = self.grid.shape();
        let fits = match axes {
            Some([x, y, planes]) => (*x, *y) == (nx, ny) && *planes >= edges && (planes - edges).is_multiple_of(2),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        Err(Error::Shape {
            path: self.path().to_owned(),
            hdu: hdu.label(),
            found: hdu.shape(),
            expected: format!("[{nx}, {ny}, {edges} (energy edges) + an even number of planes for energy dispersion]"),
        })
    }
}

/// The extensions that hold source maps. Names such as `__weights__` and `__FIXED__` are the LAT tools' own products.
fn maps<'a>(file: &'a FitsFile, grid: &SkyGrid) -> impl Iterator<Item = &'a Hdu> {
    let tables = matches!(grid, SkyGrid::Healpix(_));
    // The first table of HEALPix pixels holds the counts.
    let counts = file.hdus().iter().find(|hdu| tables && healpix::is_healpix(hdu)).map_or(0, Hdu::index);
    let holds_map = move |hdu: &Hdu| if tables { healpix::is_healpix(hdu) } else { hdu.image_axes().is_some() };
    file.hdus()
        .iter()
        .skip(1)
        .filter(move |hdu| hdu.index() != counts && holds_map(hdu) && !hdu.name().is_empty() && !reserved(hdu.name()))
}

fn reserved(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__")
}

/// A source map file that is written map by map; none of them is kept. The file appears when it is finished, or not at all.
#[derive(Debug)]
pub struct SourceMapWriter<'a> {
    writer: FitsWriter,
    counts: &'a CountsCubeFile,
    written: HashSet<String>,
}

/// Where a map comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct MapOrigin {
    /// A digest of all that it was made from, of at most 68 characters; kept so that a map is made anew when any of that changes.
    pub inputs: Option<String>,
    /// What its exposure was multiplied by already (keyword `EXPSCALE` of fermipy); 1 for none.
    pub exposure_scale: f64,
}

impl Default for MapOrigin {
    fn default() -> Self {
        Self { inputs: None, exposure_scale: 1.0 }
    }
}

impl<'a> SourceMapWriter<'a> {
    /// Begins a file with the counts; gzip when the name ends in `.gz`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create(path: &Path, counts: &'a CountsCubeFile) -> Result<Self> {
        let mut writer = FitsWriter::create(path)?;
        counts_cube::write_counts(&mut writer, counts, "srcmaps")?;
        good_time::write(&mut writer, &counts.gti)?;
        energy_bounds::write(&mut writer, counts.cube.axis())?;
        Ok(Self { writer, counts, written: HashSet::new() })
    }

    /// Appends the map of the source of this name.
    ///
    /// # Errors
    /// When the map does not fit the counts cube, the name is empty, reserved, given before or not printable ASCII, or the file cannot be
    /// written.
    pub fn add(&mut self, name: &str, map: &SourceMap, origin: &MapOrigin) -> Result<()> {
        let path = self.writer.path().to_owned();
        let refuse = |reason: &str| Error::Unwritable {
            path: path.clone(),
            hdu: format!("'{name}'"),
            what: "a source map".into(),
            reason: reason.into(),
        };
        if name.trim().is_empty() || name.trim_end() != name || reserved(name) {
            return Err(refuse("a source name must not be empty, end in a blank or look like '__reserved__'"));
        }
        if !self.written.insert(name.to_owned()) {
            return Err(refuse("this name was given before"));
        }
        let (_, ny, nx) = self.counts.cube.counts().dim();
        let edges = self.counts.cube.axis().edges().len();
        map.at_edges(edges, ny, nx).map_err(|source| Error::data(&path, format!("'{name}'"), source))?;
        match &self.counts.grid {
            SkyGrid::Healpix(grid) => {
                let mut header = Header::default();
                set_origin(&mut header, origin);
                source_maps_healpix::write(&mut self.writer, name, grid, map, header)
            }
            SkyGrid::Wcs(grid) => {
                let mut header = counts_cube::image_header(grid.header(), self.counts.cube.axis());
                header.set("EXTNAME", name, "source name");
                set_origin(&mut header, origin);
                self.writer.image(&header, map.planes())
            }
            _ => Err(refuse("its pixels are of a kind that cannot be written")),
        }
    }

    /// Completes the file and puts it in its place.
    ///
    /// # Errors
    /// When it cannot be written; then the path is as it was.
    pub fn finish(self) -> Result<()> {
        self.writer.finish()
    }
}

/// Writes a source map file; gzip when the name ends in `.gz`. Maps are taken from the iterator one at a time, and the file appears whole
/// or not at all. Maps whose making can fail are given to a [`SourceMapWriter`], which is finished when all of them are there.
///
/// # Errors
/// As [`SourceMapWriter::add`].
pub fn write_source_maps(
    path: &Path,
    counts: &CountsCubeFile,
    maps: &mut dyn Iterator<Item = (String, SourceMap)>,
) -> Result<()> {
    let mut writer = SourceMapWriter::create(path, counts)?;
    for (name, map) in maps {
        writer.add(&name, &map, &MapOrigin::default())?;
    }
    writer.finish()
}

fn set_origin(header: &mut Header, origin: &MapOrigin) {
    inputs::set(header, origin.inputs.as_deref());
    if origin.exposure_scale != 1.0 {
        header.set(EXPSCALE, origin.exposure_scale, "factor of the exposure");
    }
}
