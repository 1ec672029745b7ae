//! The simulated region as files of the LAT tools.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use lat_io::{Column, ColumnValues, FitsWriter, Header, MapOrigin, SourceMapWriter, write_text};
use ndarray::Array3;
use roi_model::{Roi, SkyDirection};

use crate::component::SimulatedComponent;
use crate::error::{Error, Result};
use crate::region::SimulatedRoi;
use crate::sky::isotropic;
use crate::sky::models::{GALACTIC, ISOTROPIC};

/// Pixel of the Galactic map cube, degrees, and how far it reaches beyond the region's corners.
const TEMPLATE_PIXEL: f64 = 0.25;
const TEMPLATE_MARGIN: f64 = 10.0;
/// Its planes a decade of energy.
const TEMPLATE_PER_DECADE: f64 = 6.0;

/// How a configuration begins that was written here.
pub(crate) const HEAD: &str = "# A simulated region:";
/// The model files.
pub(crate) const START: &str = "srcmdl_00.xml";
pub(crate) const TRUTH: &str = "model_true.xml";

impl SimulatedRoi {
    /// Whether writing into a directory spoils no work: it holds no `config.yaml`, or one that [`SimulatedRoi::write`] wrote, as its first
    /// line tells.
    pub fn may_write(directory: &Path) -> bool {
        let config = directory.join("config.yaml");
        std::fs::symlink_metadata(&config).is_err()
            || std::fs::read(&config).is_ok_and(|text| text.starts_with(HEAD.as_bytes()))
    }

    /// Writes the region into a directory, which is made if need be, and returns the path of its `config.yaml`.
    ///
    /// The files have fermipy's names: `ccube_00.fits` and `srcmap_00.fits` (and `01`, ... for further components), the start model
    /// `srcmdl_00.xml`; beside them the truth in `model_true.xml`, the isotropic table and the Galactic map cube. The
    /// configuration comes last, and an earlier one goes first: where it stands, everything stands. Nothing in the files depends on time or place.
    /// Whatever stands under these names is replaced; [`SimulatedRoi::may_write`] tells beforehand whether it is a region of this kind.
    ///
    /// # Errors
    /// When a file cannot be written.
    ///
    /// ```no_run
    /// use roi_simulate::{SimulationOptions, simulate};
    ///
    /// let config = simulate(&SimulationOptions::default())?.write("region".as_ref())?;
    /// println!("roi-fit fit {}", config.display());
    /// # Ok::<(), roi_simulate::Error>(())
    /// ```
    pub fn write(&self, directory: &Path) -> Result<PathBuf> {
        let config = begin(directory)?;
        for component in &self.components {
            lat_io::write_counts_cube(&directory.join(format!("ccube_{}.fits", component.name)), &component.counts)?;
            let path = directory.join(format!("srcmap_{}.fits", component.name));
            write_maps(&path, component, &self.truth)?;
        }
        self.write_models(directory)?;
        write_text(&config, &self.config())?;
        Ok(config)
    }

    /// Writes the models, and the table and the map cube that they name.
    pub(crate) fn write_models(&self, directory: &Path) -> Result<()> {
        write_text(&directory.join(ISOTROPIC.1), &isotropic::text(&self.isotropic))?;
        self.write_galactic(&directory.join(GALACTIC.1))?;
        for (name, roi) in [(TRUTH, &self.truth), (START, &self.start)] {
            write_text(&directory.join(name), &roi_model::write_xml(roi.title(), roi.sources())?)?;
        }
        Ok(())
    }

    /// The Galactic intensity before the PSF as a map cube in Galactic plate carree coordinates, around the region.
    fn write_galactic(&self, path: &Path) -> Result<()> {
        let (l, b) = self.truth.center().to_galactic();
        let reach = 0.5 * 2f64.sqrt() * self.options.roiwidth() + TEMPLATE_MARGIN;
        let (south, north) = ((b - reach).max(-90.0), (b + reach).min(90.0));
        // Meridians converge: the map is wider in longitude than in latitude.
        let half_width = reach / south.abs().max(north.abs()).to_radians().cos().max(0.1);
        let pixels = |degrees: f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the whole sky")]
            let n = (degrees.min(360.0) / TEMPLATE_PIXEL).ceil() as usize;
            n
        };
        let (nx, ny) = (pixels(2.0 * half_width), pixels(north - south));
        let (from, to) = ((0.5 * self.options.emin).ln(), (2.0 * self.options.emax).ln());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few decades")]
        let planes = ((to - from) / 10f64.ln() * TEMPLATE_PER_DECADE).ceil() as usize + 1;
        let energies: Vec<f64> =
            (0..planes).map(|k| (from + (to - from) * k as f64 / (planes - 1) as f64).exp()).collect();

        let center_x = 0.5 * (nx as f64 + 1.0);
        // The reference of plate carree lies on the equator; the first row is the southernmost.
        let equator = 0.5 - south / TEMPLATE_PIXEL;
        let mut directions = Vec::with_capacity(nx * ny);
        for y in 1..=ny {
            for x in 1..=nx {
                let longitude = l - (x as f64 - center_x) * TEMPLATE_PIXEL;
                let latitude = ((y as f64 - equator) * TEMPLATE_PIXEL).min(90.0);
                directions.push(SkyDirection::from_galactic(longitude, latitude)?);
            }
        }
        let mut cube = Array3::zeros((planes, ny, nx));
        for (mut plane, &energy) in cube.outer_iter_mut().zip(&energies) {
            #[expect(clippy::cast_possible_truncation, reason = "map cubes hold 32-bit floats")]
            let intensity = |&direction: &SkyDirection| self.sky.galactic.intensity(direction, energy) as f32;
            plane.iter_mut().zip(&directions).for_each(|(out, direction)| *out = intensity(direction));
        }

        let mut header = Header::default();
        let axes = [("GLON-CAR", center_x, l, -TEMPLATE_PIXEL), ("GLAT-CAR", equator, 0.0, TEMPLATE_PIXEL)];
        for (n, (ctype, crpix, crval, cdelt)) in (1..).zip(axes) {
            header.set(&format!("CTYPE{n}"), ctype, "axis and projection");
            header.set(&format!("CRPIX{n}"), crpix, "reference pixel");
            header.set(&format!("CRVAL{n}"), crval, "coordinate at the reference pixel");
            header.set(&format!("CDELT{n}"), cdelt, "increment per pixel");
            header.set(&format!("CUNIT{n}"), "deg", "unit");
        }
        header.set("CTYPE3", "Energy", "energy of each plane: table ENERGIES");
        header.set("CRPIX3", 1.0, "reference plane");
        header.set("CRVAL3", from.exp(), "energy of the first plane");
        header.set("CDELT3", (to - from) / (planes - 1) as f64, "step of ln(energy)");
        header.set("CUNIT3", "MeV", "unit");
        header.set("BUNIT", "ph cm-2 s-1 sr-1 MeV-1", "intensity");
        let mut writer = FitsWriter::create(path)?;
        writer.image(&header, &cube)?;
        let column = Column { name: "Energy".into(), unit: "MeV".into(), values: ColumnValues::Double(energies) };
        writer.table("ENERGIES", &Header::default(), &[column])?;
        Ok(writer.finish()?)
    }

    /// The configuration: fermipy's keys, and the files that are here.
    fn config(&self) -> String {
        let o = &self.options;
        let center = self.truth.center();
        let mut text = format!(
            "{HEAD} seed {}, {} point sources, {} x {} pixels of {} deg, {} energy bins, {} component(s).\n\
             # The model that the counts were drawn from is {TRUTH}.\n\
             selection: {{emin: {}, emax: {}, ra: {}, dec: {}}}\n\
             binning: {{coordsys: CEL, projtype: WCS}}\n\
             gtlike: {{edisp: false}}\n",
            o.seed,
            o.sources,
            o.npix,
            o.npix,
            o.binsz,
            o.ebins,
            o.components,
            o.emin,
            o.emax,
            center.ra(),
            center.dec(),
        );
        let files = |name: &str| format!("ccube: ccube_{name}.fits, srcmap: srcmap_{name}.fits");
        // Writing to a String cannot fail.
        if let [only] = self.components.as_slice() {
            let _ = writeln!(text, "files: {{{}, xml: {START}}}", files(&only.name));
        } else {
            let _ = writeln!(text, "files: {{xml: {START}}}\ncomponents:");
            for component in &self.components {
                let _ =
                    writeln!(text, "  - files: {{{}}}  # evtype {}", files(&component.name), component.event_type());
            }
        }
        text
    }
}

/// Makes the directory of a region and gives the path of its configuration. That of an earlier region is removed: it must not stand beside
/// files that are half those of this one.
pub(crate) fn begin(directory: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(directory).map_err(|source| Error::Directory { path: directory.to_owned(), source })?;
    let config = directory.join("config.yaml");
    match std::fs::remove_file(&config) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::Replace { path: config, source }),
        _ => Ok(config),
    }
}

/// Writes the source maps of a component. The file is put in its place when all maps are in it, so that an error leaves none.
fn write_maps(path: &Path, component: &SimulatedComponent, roi: &Roi) -> Result<()> {
    let mut writer = SourceMapWriter::create(path, &component.counts)?;
    for item in component.source_maps(roi) {
        let (source, map) = item?;
        writer.add(source.name(), &map, &MapOrigin::default())?;
    }
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SimulationOptions;
    use crate::region::simulate;
    use roi_model::Source;

    fn small(components: usize, seed: u64) -> SimulatedRoi {
        let options =
            SimulationOptions { seed, sources: 5, npix: 30, ebins: 6, components, ..SimulationOptions::default() };
        simulate(&options).unwrap()
    }

    fn contents(directory: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
            .collect();
        files.sort();
        files
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let write = |seed| {
            let directory = tempfile::tempdir().unwrap();
            small(2, seed).write(directory.path()).unwrap();
            contents(directory.path())
        };
        let (first, again, other) = (write(1), write(1), write(2));
        let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "ccube_00.fits",
                "ccube_01.fits",
                "config.yaml",
                "galdiff_simulated.fits",
                "iso_simulated.txt",
                "model_true.xml",
                "srcmap_00.fits",
                "srcmap_01.fits",
                "srcmdl_00.xml",
            ]
        );
        for ((name, a), (_, b)) in first.iter().zip(&again) {
            assert!(a == b, "{name}");
        }
        for ((name, a), (_, b)) in first.iter().zip(&other) {
            assert!((a == b) == (name == "iso_simulated.txt"), "{name}");
        }
    }

    #[test]
    fn the_truth_file_is_the_truth() {
        let directory = tempfile::tempdir().unwrap();
        let region = small(1, 3);
        region.write(directory.path()).unwrap();
        let text = std::fs::read_to_string(directory.path().join(TRUTH)).unwrap();
        let load = |name: &str| Ok(lat_io::read_file_function(&directory.path().join(name))?);
        let library = roi_model::read_xml(&text, &load).unwrap();
        let truth = Roi::new(region.truth.center(), library.sources).unwrap();
        assert_eq!(truth.state(), region.truth.state());
    }

    #[test]
    fn the_map_cube_holds_the_intensity() {
        let directory = tempfile::tempdir().unwrap();
        let region = small(1, 3);
        region.write(directory.path()).unwrap();
        let file = lat_io::FitsFile::open(directory.path().join(GALACTIC.1)).unwrap();
        let primary = file.primary().unwrap();
        let image = file.read_cube_f32(primary).unwrap();
        let energies = file.read_column(file.table("ENERGIES").unwrap(), "Energy").unwrap();
        assert_eq!(energies.len(), image.dim().0);
        let key = |name: &str| primary.header().real(name).unwrap();
        let (k, y, x) = (energies.len() / 2, image.dim().1 / 3, image.dim().2 / 4);
        let longitude = key("CRVAL1") + (x as f64 + 1.0 - key("CRPIX1")) * key("CDELT1");
        let latitude = key("CRVAL2") + (y as f64 + 1.0 - key("CRPIX2")) * key("CDELT2");
        let expected =
            region.sky.galactic.intensity(SkyDirection::from_galactic(longitude, latitude).unwrap(), energies[k]);
        approx::assert_relative_eq!(f64::from(image[[k, y, x]]), expected, max_relative = 1e-6);
        // The corners of the region, and a margin around them, are on the map.
        let (_, b) = region.truth.center().to_galactic();
        let last = key("CRVAL2") + (image.dim().1 as f64 - key("CRPIX2")) * key("CDELT2");
        assert!(last > b + 11.9 && (1.0 - key("CRPIX2")) * key("CDELT2") < b - 11.9);
    }

    #[test]
    fn a_write_that_fails_leaves_no_map_file_and_no_configuration() {
        let directory = tempfile::tempdir().unwrap();
        let region = small(1, 3);
        let config = region.write(directory.path()).unwrap();
        // The second write ends at the source maps.
        let maps = directory.path().join("srcmap_00.fits");
        std::fs::remove_file(&maps).unwrap();
        std::fs::create_dir(&maps).unwrap();
        let error = region.write(directory.path()).unwrap_err().to_string();
        assert!(error.contains("srcmap_00.fits"), "{error}");
        assert!(!config.exists(), "the old configuration would stand for files of two regions");
        // A map that cannot be written ends the file.
        let other = directory.path().join("other.fits");
        let source = &region.truth.sources()[0];
        let renamed =
            Source::new("__reserved__", source.source_type(), source.spectrum().clone(), source.spatial().clone())
                .unwrap();
        let mut truth = region.truth.clone();
        truth.add_source(renamed).unwrap();
        assert!(write_maps(&other, &region.components[0], &truth).is_err());
        assert!(!other.exists());
        assert!(std::fs::read_dir(directory.path()).unwrap().all(|file| {
            file.unwrap()
                .path()
                .extension()
                .is_some_and(|extension| ["fits", "txt", "xml"].iter().any(|e| extension == *e))
        }));
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = small(1, 1).write(&file.join("region")).unwrap_err().to_string();
        assert!(error.contains("file"), "{error}");
    }
}
