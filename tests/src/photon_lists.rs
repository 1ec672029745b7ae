//! Small made-up observations, photon by photon: a bright pulsar-like source in isotropic emission, seen for some days through the built-in
//! response.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lat_response::{Frame, HealpixGrid, HealpixOrdering};
use roi_model::{FileTable, Parameter, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
use roi_simulate::{EventOptions, observe, write_builtin_response};

type Failure = Box<dyn std::error::Error>;

/// Right ascension and declination of the middle of the region, degrees.
pub const CENTER: [f64; 2] = [83.63, 22.01];
/// Energies of the photons, MeV.
pub const ENERGIES: (f64, f64) = (300.0, 30_000.0);
/// What is free, as source, parameter and true value.
pub const TRUTH: [(&str, &str, f64); 3] =
    [("Pulsar", "Prefactor", 8.0), ("Pulsar", "Index", 2.2), ("iso", "Normalization", 1.0)];

/// One observation.
#[derive(Clone, Debug)]
pub struct PhotonList {
    /// Seed of the photons.
    pub seed: u64,
    /// Days.
    pub days: f64,
    /// Whether energies are dispersed.
    pub edisp: bool,
    /// Section `binning` of the configuration.
    pub binning: &'static str,
}

impl Default for PhotonList {
    fn default() -> Self {
        Self { seed: 1, days: 5.0, edisp: false, binning: "{npix: 60, binsz: 0.15, enumbins: 20}" }
    }
}

impl PhotonList {
    /// Writes photons, spacecraft rows, response, models and configuration into a folder, and returns the path of the configuration. The model starts
    /// off the truth.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, Failure> {
        let name = write_builtin_response(folder)?;
        let irfs = lat_io::read_irf_set(folder, name, 3)?;
        let (emin, emax) = ENERGIES;
        let options = EventOptions::default()
            .with_seed(self.seed)
            .with_days(self.days)
            .with_cone(CENTER, 8.0)
            .with_energies(emin, emax)
            .with_edisp(self.edisp);
        let files = ["photons.fits", "spacecraft.fits"].map(|file| folder.join(file));
        let no_map = |file: &str| Err(lat_io::Error::NotFound { path: file.into() }.into());
        observe(&model([1.0; 3])?, &no_map, &irfs, &options, files.each_ref().map(PathBuf::as_path))?;
        std::fs::write(folder.join("iso.txt"), table()?.to_text())?;
        std::fs::write(folder.join("model.xml"), roi_model::write_xml("start", &model([1.2, 1.03, 0.8])?)?)?;
        let ([ra, dec], Self { edisp, binning, .. }) = (CENTER, self);
        let text = format!(
            "data: {{evfile: photons.fits, scfile: spacecraft.fits}}\n\
             selection: {{ra: {ra}, dec: {dec}, emin: {emin}, emax: {emax}, zmax: 90, evclass: 128, evtype: 3, \
             filter: 'DATA_QUAL>0 && LAT_CONFIG==1'}}\n\
             binning: {binning}\n\
             gtlike: {{irfs: {name}, edisp: {edisp}, edisp_bins: 5, energy_integration: quadrature}}\n\
             files: {{xml: model.xml, irfs: .}}\n"
        );
        let config = folder.join("config.yaml");
        std::fs::write(&config, text)?;
        Ok(config)
    }
}

/// dN/dE of the isotropic emission, cm^-2 s^-1 sr^-1 MeV^-1.
fn table() -> Result<FileTable, Failure> {
    let energies: Vec<f64> = (0..=40).map(|i| 50.0 * 10f64.powf(f64::from(i) * 0.1)).collect();
    let dnde = energies.iter().map(|energy| 1.2e-8 * (energy / 1000.0).powf(-2.3)).collect();
    Ok(FileTable::new(energies, dnde)?)
}

/// How far the point source may stand from the middle of the region, degrees.
const NEAR: f64 = 2.0;

/// The place of the point source: near the middle both of a pixel of the livetime cube and of one of the exposure's map (of a degree, their edges on whole
/// degrees), whose values count for all of the pixel. Elsewhere the exposure of five days is off by up to 0.6 %, as that of the tools: 200 lists see that.
fn place() -> Result<SkyDirection, Failure> {
    let pixels = HealpixGrid::new(64, HealpixOrdering::Nested, Frame::Celestial)?;
    let center = SkyDirection::new(CENTER[0], CENTER[1])?;
    let off = |place: &SkyDirection| {
        let middle = pixels.pixel(place).and_then(|pixel| pixels.direction_of(pixel));
        middle.map_or(f64::INFINITY, |middle| middle.separation(place))
    };
    let degrees = |at: f64| (-3..=3).map(move |step| at.floor() + 0.5 + f64::from(step));
    let places = degrees(CENTER[0]).flat_map(|ra| degrees(CENTER[1]).map(move |dec| SkyDirection::new(ra, dec)));
    let places = places.collect::<Result<Vec<_>, _>>()?.into_iter().filter(|place| place.separation(&center) < NEAR);
    Ok(places.min_by(|a, b| off(a).total_cmp(&off(b))).ok_or("no pixel")?)
}

/// The sources, the parameters of [`TRUTH`] free and times these factors.
fn model(factors: [f64; 3]) -> Result<Vec<Source>, Failure> {
    let [norm, index, iso] = [0, 1, 2].map(|i| TRUTH[i].2 * factors[i]);
    let mut parameters = vec![
        Parameter::new("Prefactor", norm)?.with_scale(1e-10)?.with_bounds(1e-3, 1e3)?,
        Parameter::new("Index", index)?.with_scale(-1.0)?.with_bounds(0.0, 5.0)?,
        Parameter::new("Scale", 1000.0)?,
    ];
    parameters.iter_mut().take(2).for_each(|parameter| parameter.set_free(true));
    let place = SpatialModel::point(place()?)?;
    let point = Source::new("Pulsar", SourceType::Point, Spectrum::new("PowerLaw", parameters)?, place)?;
    let mut norm = Parameter::new("Normalization", iso)?.with_bounds(1e-3, 1e3)?;
    norm.set_free(true);
    let spectrum = Spectrum::file_function(norm, "iso.txt", Arc::new(table()?))?;
    Ok(vec![Source::new("iso", SourceType::Diffuse, spectrum, SpatialModel::isotropic()?)?, point])
}
