//! What exposure, PSF and energy dispersion of a component are computed from where no product holds them: livetime and response functions.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lat_response::{
    Exposure, Frame, Irf, LivetimeCube, ObservationPsf, ObservedExposure, ObservedIrfs, ObservedPsf, Recipe,
    ResponsePsf, SkyGrid, WcsGrid, WcsHeader, plane_energies, response_matrix,
};
use likelihood_core::{DetectorResponse, EnergyAxis};
use roi_model::SkyDirection;

use super::recipe;
use crate::config::{ComponentConfig, Config};
use crate::error::{Error, Result};
use crate::products::{candidates, listed};
use lat_io::{CountsCubeFile, FileSize};

/// Pixels of computed exposure, degrees: all sky, as fermipy has gtexpcube2 make it.
const EXPOSURE_PIXEL: f64 = 1.0;
pub(crate) const EXPOSURE_SIZE: [usize; 2] = [360, 180];

/// Most true energy bins on either side of the counts cube; beyond that energies leave every response long before.
const MOST_EXTRA: usize = 100;

/// Livetime and response functions of a component, read when they are first needed.
#[derive(Debug)]
pub(crate) struct Instrument {
    ltcube: Option<PathBuf>,
    directory: Option<PathBuf>,
    name: Option<String>,
    event_types: u32,
    /// Where a livetime cube was looked for.
    tried: Vec<PathBuf>,
    read: Mutex<Option<Observed>>,
}

/// What was read.
#[derive(Clone, Debug)]
struct Observed {
    livetime: Arc<LivetimeCube>,
    irfs: Arc<[Irf]>,
}

impl Observed {
    fn of(&self, recipe: Recipe) -> ObservedIrfs<'_> {
        ObservedIrfs::new(&self.livetime, &self.irfs).with_recipe(recipe)
    }
}

impl Instrument {
    /// Of a livetime cube and a folder of response functions.
    pub(crate) fn new(
        config: &Config,
        settings: &ComponentConfig,
        ltcube: Option<PathBuf>,
        directory: Option<PathBuf>,
    ) -> Self {
        let named = settings.response.livetime.iter().cloned();
        Self {
            ltcube,
            directory,
            name: settings.response.name.clone(),
            event_types: settings.response.event_types,
            tried: named.chain(candidates(&config.outdir, "ltcube", &settings.name, "fits")).collect(),
            read: Mutex::default(),
        }
    }

    /// Whether all is there that exposure, PSF and energy dispersion are computed from.
    pub(crate) fn is_there(&self) -> bool {
        self.parts().is_some()
    }

    /// Whether the response is computed from functions of Pass 7 as it was first released, whose published analyses were made with the tools of
    /// that time.
    pub(crate) fn is_first_pass_7(&self) -> bool {
        self.parts().is_some_and(|(_, _, name)| is_first_pass_7(name))
    }

    /// Livetime cube, folder and name of the response functions.
    fn parts(&self) -> Option<(&PathBuf, &PathBuf, &str)> {
        Some((self.ltcube.as_ref()?, self.directory.as_ref()?, self.name.as_deref()?))
    }

    /// How the user can have the response computed: what is missing, and the key that names it.
    pub(crate) fn missing(&self) -> String {
        let mut missing = Vec::new();
        if self.ltcube.is_none() {
            missing.push(format!("a livetime cube (files: {{ltcube: PATH}}; looked for {})", listed(&self.tried)));
        }
        if self.name.is_none() {
            missing.push("the name of the response functions (gtlike: {irfs: NAME})".into());
        }
        if self.directory.is_none() {
            missing.push("their folder (files: {irfs: PATH}, or the environment variable CALDB)".into());
        }
        format!("have it computed from livetime and response functions: name {}", missing.join(" and "))
    }

    /// The same, where exposure, PSF and energy dispersion cannot be computed without them.
    fn needed(&self) -> Result<(&PathBuf, &PathBuf, &str)> {
        self.parts().ok_or_else(|| Error::NothingToCompute { missing: self.missing() })
    }

    fn observed(&self) -> Result<Observed> {
        // What a panic elsewhere left is whole or absent.
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(observed) = &*read {
            return Ok(observed.clone());
        }
        let (ltcube, directory, name) = self.needed()?;
        let irfs = lat_io::read_irf_set(directory, name, self.event_types)?.into();
        let observed = Observed { livetime: Arc::new(lat_io::read_livetime_cube(ltcube)?), irfs };
        *read = Some(observed.clone());
        Ok(observed)
    }

    /// The livetime of the whole observation, where there is a cube of it.
    pub(crate) fn livetime(&self) -> Result<Option<Arc<LivetimeCube>>> {
        if self.is_there() { Ok(Some(self.observed()?.livetime)) } else { Ok(None) }
    }

    /// The response functions, for which no livetime of the whole observation is needed.
    pub(crate) fn irfs(&self) -> Result<Arc<[Irf]>> {
        match (&self.directory, &self.name) {
            _ if self.is_there() => Ok(self.observed()?.irfs),
            (Some(directory), Some(name)) => Ok(lat_io::read_irf_set(directory, name, self.event_types)?.into()),
            _ => Err(Error::NothingToCompute { missing: self.missing() }),
        }
    }

    /// Reads livetime and response functions.
    pub(crate) fn verify(&self) -> Result<()> {
        self.observed().map(|_| ())
    }

    /// The exposure of all the sky at the planes of source maps with `extra` on either side.
    pub(crate) fn exposure(&self, axis: &EnergyAxis, frame: Frame, extra: usize, recipe: Recipe) -> Result<Exposure> {
        let grid = WcsGrid::new(WcsHeader::centered(EXPOSURE_SIZE, EXPOSURE_PIXEL, frame, "CAR", [0.0, 0.0]))?;
        self.exposure_in(SkyGrid::Wcs(grid), axis, extra, recipe)
    }

    /// The exposure in some pixels at the planes of source maps with `extra` on either side.
    pub(crate) fn exposure_in(
        &self,
        grid: SkyGrid,
        axis: &EnergyAxis,
        extra: usize,
        recipe: Recipe,
    ) -> Result<Exposure> {
        let observed = self.observed()?;
        let exposure = ObservedExposure::new(observed.of(recipe), &plane_energies(axis, extra)?)?;
        Ok(Exposure::new(exposure.cube(grid)?, recipe.exposure_lookup)?)
    }

    /// The PSF at the planes of source maps with `extra` on either side, wherever a source is.
    pub(crate) fn psf(&self, axis: &EnergyAxis, extra: usize, recipe: Recipe) -> Result<ObservationPsf> {
        let observed = self.observed()?;
        let psf = ResponsePsf::new(observed.livetime, observed.irfs, plane_energies(axis, extra)?, recipe);
        Ok(ObservationPsf::Computed(Arc::new(psf)))
    }

    /// The PSF of one direction, at energies in MeV, with the exposure that it is weighted with.
    pub(crate) fn psf_at(&self, direction: &SkyDirection, energies: &[f64], recipe: Recipe) -> Result<ObservedPsf> {
        Ok(ObservedPsf::new(self.observed()?.of(recipe), direction, energies)?)
    }

    /// The energy dispersion at the reference direction of the counts, with the extra bins that `edisp_bins` asks for.
    pub(crate) fn response(&self, counts: &CountsCubeFile, edisp_bins: i64) -> Result<DetectorResponse> {
        let (_, directory, name) = self.needed()?;
        let extra = usize::try_from(edisp_bins.unsigned_abs()).ok().filter(|extra| *extra <= MOST_EXTRA);
        let refused = |what: String, remedy: String| Error::Unsupported { path: directory.clone(), what, remedy };
        let extra = extra.ok_or_else(|| {
            refused(format!("edisp_bins {edisp_bins}"), format!("at most {MOST_EXTRA} bins are computed; lower it"))
        })?;
        let observed = self.observed()?;
        let direction = counts.grid.reference_direction()?;
        let edges = counts.cube.axis().edges();
        let matrix = response_matrix(observed.of(recipe::of_dispersion()), &direction, edges, extra)?;
        DetectorResponse::new(matrix).map_err(|error| {
            refused(
                format!("the energy dispersion computed from {name}"),
                format!("{error}; use other response functions, or name a matrix with files: {{drm: PATH}}"),
            )
        })
    }

    /// What is used, for the user, if all is there.
    pub(crate) fn description(&self) -> Option<String> {
        let (ltcube, directory, name) = self.parts()?;
        Some(format!("{name} (evtype {}) in '{}' and '{}'", self.event_types, directory.display(), ltcube.display()))
    }

    /// About how many bytes livetime, response functions and the exposure computed from them take for so many planes.
    pub(crate) fn bytes(&self, planes: usize) -> usize {
        let Some((ltcube, directory, name)) = self.parts() else { return 0 };
        // A file that cannot be read is an error when it is needed.
        let file = |path: &Path| FileSize::of(path).ok();
        let tables = lat_io::find_irf_set(directory, name, self.event_types).unwrap_or_default();
        let tables: usize = tables
            .iter()
            .flat_map(|files| [Some(&files.effective_area), Some(&files.psf), files.dispersion.as_ref()])
            .flatten()
            .filter_map(|path| file(path))
            .map(|size| size.bytes)
            .sum();
        // The tables are kept as they are in the file; one more copy of them is held while they are read, and of a gzip file all of it.
        let livetime = file(ltcube).map_or(0, |size| 2 * size.bytes + size.held());
        // Single precision, and before that double precision.
        let exposure = EXPOSURE_SIZE[0] * EXPOSURE_SIZE[1] * planes * (4 + 8);
        tables.saturating_add(livetime).saturating_add(exposure)
    }

    /// What exposure and PSF depend on, as text; `digest_of` digests a file.
    pub(crate) fn inputs(&self, mut digest_of: impl FnMut(&PathBuf) -> Result<String>) -> Result<String> {
        let Some((ltcube, directory, name)) = self.parts() else { return Ok("none".into()) };
        let mut text = format!("{name} {} {EXPOSURE_PIXEL} {}", self.event_types, digest_of(ltcube)?);
        for files in lat_io::find_irf_set(directory, name, self.event_types)? {
            let _ = write!(text, " {} {}", digest_of(&files.effective_area)?, digest_of(&files.psf)?);
        }
        Ok(text)
    }
}

/// Whether a name is one of `P7SOURCE_V6` and its like; the reprocessed data have `P7REP_SOURCE_V15`.
fn is_first_pass_7(name: &str) -> bool {
    name.starts_with("P7") && !name.starts_with("P7REP")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_livetime_cube_in_memory_is_counted() {
        let directory = tempfile::tempdir().unwrap();
        let ltcube = directory.path().join("ltcube.fits");
        std::fs::write(&ltcube, vec![0; 1_000_000]).unwrap();
        let mut instrument = Instrument {
            ltcube: Some(ltcube),
            directory: Some(directory.path().to_owned()),
            name: Some("P8R3_SOURCE_V3".into()),
            event_types: 3,
            tried: Vec::new(),
            read: Mutex::default(),
        };
        assert_eq!(instrument.bytes(10), 2_000_000 + 360 * 180 * 10 * 12);
        instrument.name = None;
        assert_eq!(instrument.bytes(10), 0);
    }

    #[test]
    fn the_first_pass_7_is_known_by_its_name() {
        for (name, expected) in [
            ("P7SOURCE_V6", true),
            ("P7ULTRACLEAN_V6", true),
            ("P7REP_SOURCE_V15", false),
            ("P8R3_SOURCE_V3", false),
            ("P6_V3_DIFFUSE", false),
        ] {
            assert_eq!(is_first_pass_7(name), expected, "{name}");
        }
    }
}
