//! The built-in region as photons: files of the data server, models, response functions, and a configuration that prepares and fits them.

use std::path::{Path, PathBuf};

use lat_io::write_text;

use super::builtin_response::write_builtin_response;
use super::event_options::EventOptions;
use super::observe::{ObservedEvents, observe};
use crate::error::Result;
use crate::options::SimulationOptions;
use crate::region::simulate_sky;
use crate::write::{HEAD, START, TRUTH, begin};

/// The photon file and the spacecraft file.
const FILES: [&str; 2] = ["photons.fits", "spacecraft.fits"];

/// Bins of azimuth of the livetime cube, where photons depend on it.
const AZIMUTHS: usize = 6;

/// Around the corners of the region photons are given so far out, degrees.
const AROUND: f64 = 1.0;

/// Which response functions photons are drawn through.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum ResponseFiles {
    /// The small analytic ones of [`write_builtin_response`], which are written beside the photons.
    #[default]
    BuiltIn,
    /// Those of a name in a folder, for front- and back-converting photons.
    Set {
        /// For example `P8R3_SOURCE_V3`.
        name: String,
        /// A folder with the files, or the root of a calibration database.
        folder: PathBuf,
    },
}

impl ResponseFiles {
    /// The response functions of a name in a folder.
    pub fn set(name: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self::Set { name: name.into(), folder: folder.into() }
    }
}

/// Simulates the sky of a region and observes it photon by photon. Written are `photons.fits`, `spacecraft.fits`, the true and the start model with
/// their tables and maps, and a `config.yaml` from which counts, livetime, exposure and source maps can be prepared; it is returned with what was
/// seen. Seed, cone and energies of the photons are those of the region.
///
/// # Errors
/// As [`simulate`](crate::simulate) and [`observe`](crate::observe); when a response function cannot be read.
///
/// ```no_run
/// use roi_simulate::{EventOptions, ResponseFiles, SimulationOptions, write_event_region};
/// let (region, events) = (SimulationOptions::default().with_seed(3), EventOptions::default().with_days(30.0));
/// let (config, seen) = write_event_region(&region, &events, &ResponseFiles::BuiltIn, "region".as_ref())?;
/// println!("{} photons; roi-fit fit {}", seen.photons, config.display());
/// # Ok::<(), roi_simulate::Error>(())
/// ```
pub fn write_event_region(
    region: &SimulationOptions,
    events: &EventOptions,
    response: &ResponseFiles,
    directory: &Path,
) -> Result<(PathBuf, ObservedEvents)> {
    let sky = simulate_sky(region)?;
    let center = sky.truth.center();
    let radius = region.roiwidth() * std::f64::consts::FRAC_1_SQRT_2 + AROUND;
    let events = events
        .clone()
        .with_seed(region.seed)
        .with_cone([center.ra(), center.dec()], radius)
        .with_energies(region.emin, region.emax);
    // What cannot be is told before an earlier region is touched.
    events.check()?;
    let given = match response {
        ResponseFiles::BuiltIn => None,
        ResponseFiles::Set { name, folder } => Some(lat_io::read_irf_set(folder, name, 3)?),
    };
    let config = begin(directory)?;
    sky.write_models(directory)?;
    let (name, folder) = match response {
        ResponseFiles::BuiltIn => (write_builtin_response(directory)?, Path::new(".")),
        ResponseFiles::Set { name, folder } => (name.as_str(), folder.as_path()),
    };
    let irfs = given.map_or_else(|| lat_io::read_irf_set(directory, name, 3), Ok)?;
    let map = |file: &str| Ok(lat_io::read_map_cube(&directory.join(file))?);
    let files = FILES.map(|file| directory.join(file));
    let seen = observe(sky.truth.sources(), &map, &irfs, &events, files.each_ref().map(PathBuf::as_path))?;
    let by_azimuth = events.azimuth && irfs.iter().any(|irf| irf.effective_area.depends_on_azimuth());
    write_text(&config, &text(region, &events, [center.ra(), center.dec()], (name, folder, by_azimuth)))?;
    Ok((config, seen))
}

/// The configuration: what fermipy's would be.
fn text(
    region: &SimulationOptions,
    events: &EventOptions,
    [ra, dec]: [f64; 2],
    (name, folder, by_azimuth): (&str, &Path, bool),
) -> String {
    let SimulationOptions { seed, sources, npix, ebins, binsz, emin, emax, .. } = region;
    let [photons, spacecraft] = FILES;
    let (days, class) = (events.days, events.event_class);
    format!(
        "{HEAD} seed {seed}, {sources} point sources, photons of {days} days.\n\
         # The model that the photons were drawn from is {TRUTH}.\n\
         data: {{evfile: {photons}, scfile: {spacecraft}}}\n\
         selection: {{emin: {emin}, emax: {emax}, zmax: 90, evclass: {class}, evtype: 3, ra: {ra}, dec: {dec}, \
         filter: 'DATA_QUAL>0 && LAT_CONFIG==1'}}\n\
         binning: {{npix: {npix}, binsz: {binsz}, enumbins: {ebins}, proj: AIT, coordsys: CEL, projtype: WCS}}\n\
         {ltcube}\
         gtlike: {{irfs: {name}, edisp: {edisp}}}\n\
         files: {{xml: {START}, irfs: '{folder}'}}\n",
        // Photons that know of the azimuth want exposure that does.
        ltcube = if by_azimuth { format!("ltcube: {{phibins: {AZIMUTHS}}}\n") } else { String::new() },
        edisp = events.edisp,
        folder = folder.display().to_string().replace('\'', "''"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(seed: u64, threads: usize, edisp: bool) -> (tempfile::TempDir, ObservedEvents) {
        let folder = tempfile::tempdir().unwrap();
        let region = SimulationOptions::default().with_seed(seed).with_npix(40).with_sources(4).with_ebins(8);
        let events = EventOptions::default().with_days(0.5).with_edisp(edisp);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let seen =
            pool.install(|| write_event_region(&region, &events, &ResponseFiles::BuiltIn, folder.path())).unwrap();
        (folder, seen.1)
    }

    #[test]
    fn the_seed_decides_and_the_number_of_threads_does_not() {
        let [(one, seen), (three, _), (other, _)] = [written(1, 1, true), written(1, 3, true), written(2, 1, true)];
        assert!(seen.photons > 20, "{seen:?}");
        for file in FILES {
            let [a, b] = [&one, &three].map(|folder| std::fs::read(folder.path().join(file)).unwrap());
            assert!(a == b, "{file}");
        }
        let [a, b] = [&one, &other].map(|folder| std::fs::read(folder.path().join("photons.fits")).unwrap());
        assert!(a != b);
    }

    #[test]
    fn what_cannot_be_simulated_leaves_an_earlier_region() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.yaml"), "earlier").unwrap();
        let region = SimulationOptions::default().with_npix(10).with_sources(1);
        let bad = EventOptions::default().with_days(0.0);
        assert!(write_event_region(&region, &bad, &ResponseFiles::BuiltIn, folder.path()).is_err());
        let lost = ResponseFiles::set("P8R3_SOURCE_V3", folder.path());
        let error = write_event_region(&region, &EventOptions::default(), &lost, folder.path()).unwrap_err();
        assert!(error.to_string().contains("aeff_P8R3_SOURCE_V3_FB.fits"), "{error}");
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["config.yaml"]);
        assert_eq!(std::fs::read_to_string(folder.path().join("config.yaml")).unwrap(), "earlier");
    }

    #[test]
    fn photons_are_where_their_columns_say() {
        let (folder, seen) = written(3, 2, true);
        let file = lat_io::PhotonFile::open(folder.path().join("photons.fits")).unwrap();
        assert_eq!(file.rows(), seen.photons);
        assert_eq!(file.pass_version(), "P8R3");
        let texts: Vec<_> = file.cuts().iter().map(|cut| cut.texts()[0].clone()).collect();
        assert_eq!(texts, ["TIME", "BIT_MASK(EVENT_CLASS,128,P8R3)", "POS(RA,DEC)", "ENERGY"]);
        let column = |name: &str| file.column(name).unwrap().unwrap();
        let [l, b, zenith, theta, class, kind] =
            ["L", "B", "ZENITH_ANGLE", "THETA", "EVENT_CLASS", "EVENT_TYPE"].map(column);
        let good = file.good_times();
        let block = file.block(0, file.rows()).unwrap();
        let mut last = 0.0;
        for index in 0..block.len() {
            let photon = block.photon(index).unwrap();
            let direction = roi_model::SkyDirection::new(photon.ra, photon.dec).unwrap();
            let value = |column| block.rows().number(index, column);
            let galactic = roi_model::SkyDirection::from_galactic(value(&l), value(&b)).unwrap();
            assert!(direction.separation(&galactic) < 1e-4);
            assert!(photon.time >= last && good.iter().any(|(from, to)| (*from..*to).contains(&photon.time)));
            last = photon.time;
            // Photons are displaced by the PSF: from behind the Earth's limb or the edge of the view by a little.
            assert!(value(&zenith) < 150.0 && value(&theta) < 120.0);
            assert_eq!(block.rows().bits(index, &class), 128);
            assert!([1, 2].contains(&block.rows().bits(index, &kind)));
        }
    }
}
