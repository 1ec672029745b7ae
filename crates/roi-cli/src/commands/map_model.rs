//! The options that maps of the sky share: what they look for, over which model and energies.

use clap::Args;
use roi_estimators::TestSource;
use roi_fit::SkyDirection;

use crate::failure::Failure;

/// Where the help lists them: a heading for all that follow would take in what other structs have.
const HEADING: &str = "Test source";

/// The test source.
#[derive(Args)]
#[expect(clippy::doc_markdown, reason = "the help shows names as they are typed")]
pub(crate) struct MapModel {
    /// Shape of the test source: PointSource, RadialDisk or RadialGaussian; for residmap also Gaussian, an image in place of the PSF [default:
    /// PointSource]
    #[arg(help_heading = HEADING, long, value_name = "MODEL")]
    spatial_model: Option<String>,
    /// Width of an extended test source, degrees: the radius that holds 68 % of it, or the sigma of a Gaussian [default: 0.3]
    #[arg(help_heading = HEADING, long, value_name = "DEG", allow_negative_numbers = true)]
    spatial_width: Option<f64>,
    /// Type of its spectrum [default: PowerLaw]
    #[arg(help_heading = HEADING, long, value_name = "TYPE")]
    spectrum_type: Option<String>,
    /// Photon index of a power law, a positive number [default: 2]
    #[arg(help_heading = HEADING, long, value_name = "G", allow_negative_numbers = true)]
    index: Option<f64>,
    /// Another parameter of its spectrum: its true value, indices of falling spectra positive (may be repeated)
    #[arg(help_heading = HEADING, long, value_name = "NAME=VALUE", value_parser = parameter)]
    par: Vec<(String, f64)>,
}

impl MapModel {
    /// The source that is meant.
    pub(crate) fn source(&self) -> Result<TestSource, Failure> {
        let default = TestSource::default();
        let default = match &self.spatial_model {
            Some(name) => default.with_spatial_model(name)?,
            None => default,
        };
        if self.spatial_width.is_some() && default.spatial_model() == "PointSource" {
            let text =
                "--spatial-width is of no effect on a point; give --spatial-model RadialDisk or RadialGaussian with it";
            return Err(Failure::Usage(text.into()));
        }
        let width = self.spatial_width.unwrap_or(default.width);
        let kind = self.spectrum_type.clone().unwrap_or_else(|| default.spectrum_type.clone());
        let source = default.with_width(width).with_spectrum_type(kind);
        let source = self.index.iter().fold(source, |source, index| source.with_parameter("Index", *index));
        Ok(self.par.iter().fold(source, |source, (name, value)| source.with_parameter(name.clone(), *value)))
    }
}

/// The model and the energies of a map.
#[derive(Args)]
pub(crate) struct MapScope {
    /// Leave a source out of the model (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub(crate) exclude: Vec<String>,
    /// Lowest and highest energy, log10 of MeV, moved to the nearest edges; either may be left out, as in `3,` [default: all energies]
    #[arg(long, value_name = "LOW,HIGH", value_parser = loge_bounds)]
    loge_bounds: Option<Bounds>,
}

/// Which part of the region a map shows.
#[derive(Args)]
pub(crate) struct MapPlace {
    /// Middle of the map, degrees [default: that of the region]
    #[arg(long, value_name = "RA,DEC", allow_negative_numbers = true, value_parser = place)]
    pub(crate) map_skydir: Option<SkyDirection>,
    /// Width and height of the map, degrees [default: those of the region]
    #[arg(long, value_name = "DEG", allow_negative_numbers = true)]
    pub(crate) map_size: Option<f64>,
}

/// Two numbers, either of which may be open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds(pub(crate) [Option<f64>; 2]);

impl MapScope {
    /// The range of energies.
    pub(crate) fn loge_bounds(&self) -> [Option<f64>; 2] {
        self.loge_bounds.map_or([None, None], |bounds| bounds.0)
    }
}

fn loge_bounds(text: &str) -> Result<Bounds, String> {
    bounds(text, "LOW,HIGH in log10 of MeV, as in 3,4.5")
}

/// Two radii in degrees.
pub(crate) fn radii(text: &str) -> Result<Bounds, String> {
    bounds(text, "LOW,HIGH in degrees, as in 0.5,3")
}

fn bounds(text: &str, expected: &str) -> Result<Bounds, String> {
    let bad = || format!("'{text}': expected {expected}; either may be left out");
    let (low, high) = text.split_once(',').ok_or_else(bad)?;
    let number = |text: &str| match text.trim() {
        "" => Ok(None),
        text => text.parse().ok().filter(|x: &f64| x.is_finite()).map(Some).ok_or_else(bad),
    };
    Ok(Bounds([number(low)?, number(high)?]))
}

/// `NAME=VALUE`.
fn parameter(text: &str) -> Result<(String, f64), String> {
    let bad = || format!("'{text}': expected NAME=VALUE with a finite number, as in Cutoff=3000");
    let (name, value) = text.split_once('=').ok_or_else(bad)?;
    let value: f64 = value.trim().parse().map_err(|_| bad())?;
    if name.is_empty() || !value.is_finite() { Err(bad()) } else { Ok((name.to_owned(), value)) }
}

/// `RA,DEC` in degrees.
pub(crate) fn place(text: &str) -> Result<SkyDirection, String> {
    let bad = || format!("'{text}': expected RA,DEC in degrees, as in 83.63,22.01");
    let (ra, dec) = text.split_once(',').ok_or_else(bad)?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| bad());
    SkyDirection::new(number(ra)?, number(dec)?).map_err(|error| error.to_string())
}

/// A direction as it is printed.
pub(crate) fn words(place: Option<SkyDirection>) -> String {
    place.map_or_else(|| "---".into(), |place| format!("RA {:.4} Dec {:+.4} deg", place.ra(), place.dec()))
}
