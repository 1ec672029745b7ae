//! `roi-fit psmap`.

use std::path::PathBuf;

use clap::Args;
use roi_estimators::{PsMap, PsMapOptions, ps_in_sigma, psmap};

use super::dictionary::completed;
use super::energies::energy;
use super::first::First;
use super::map_model::words;
use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

/// How improbable the spectrum of the counts around each pixel is under the model: a map of the P-value statistic
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit psmap config.yaml --model fit.json --spectrum-emax 300GeV --nbinloge 15 --fits psmap.fits
  roi-fit psmap config.yaml --optimize-first --psfpar0 5 --psfpar2 0.8 --psfpar3 1 --json psmap.json    # extended deviations")]
pub(crate) struct Psmap {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
    /// Leave a source out of the model (may be repeated)
    #[arg(long, value_name = "NAME")]
    exclude: Vec<String>,
    #[command(flatten)]
    spectrum: PsSpectrum,
    /// FITS number of the pixel in the middle of the square that is computed [default: all pixels]
    #[arg(long, value_name = "X,Y", value_parser = pixel)]
    pixel: Option<Pixel>,
    #[arg(long, value_name = "N", requires = "pixel", help = PsMapOptions::DPIX.own_help())]
    dpix: Option<usize>,
    #[command(flatten)]
    statistic: PsStatistic,
    /// Write the map in sigmas and in PS as images
    #[arg(long, value_name = "FILE")]
    fits: Option<PathBuf>,
}

/// Energies and radii.
#[derive(Args)]
struct PsSpectrum {
    // `--emin` and `--emax` choose the energy bins of the analysis.
    #[arg(long, value_name = "E", allow_negative_numbers = true, value_parser = energy, help = PsMapOptions::EMIN.own_help())]
    spectrum_emin: Option<f64>,
    #[arg(long, value_name = "E", allow_negative_numbers = true, value_parser = energy, help = PsMapOptions::EMAX.own_help())]
    spectrum_emax: Option<f64>,
    #[arg(long, value_name = "N", help = PsMapOptions::NBINLOGE.own_help())]
    nbinloge: Option<usize>,
    /// One radius for all energies, degrees
    #[arg(long, value_name = "DEG", allow_negative_numbers = true)]
    fixedradius: Option<f64>,
    #[arg(long, value_name = "DEG", allow_negative_numbers = true, help = PsMapOptions::PSFPAR0.own_help())]
    psfpar0: Option<f64>,
    #[arg(long, value_name = "MEV", allow_negative_numbers = true, help = PsMapOptions::PSFPAR1.own_help())]
    psfpar1: Option<f64>,
    #[arg(long, value_name = "X", allow_negative_numbers = true, help = PsMapOptions::PSFPAR2.own_help())]
    psfpar2: Option<f64>,
    #[arg(long, value_name = "DEG", allow_negative_numbers = true, help = PsMapOptions::PSFPAR3.own_help())]
    psfpar3: Option<f64>,
    /// psfpar0 of each component
    #[arg(long, value_name = "DEG1,DEG2,...", value_delimiter = ',', allow_negative_numbers = true)]
    psfpar0lst: Vec<f64>,
}

/// How the probability is computed.
#[derive(Args)]
struct PsStatistic {
    #[arg(long, value_name = "N", allow_negative_numbers = true, help = PsMapOptions::MAXPOISSONCOUNT.own_help())]
    maxpoissoncount: Option<f64>,
    #[arg(long, value_name = "P", allow_negative_numbers = true, help = PsMapOptions::PROB_EPSILON.own_help())]
    prob_epsilon: Option<f64>,
    #[arg(long, value_name = "N", help = PsMapOptions::NBINPDF.own_help())]
    nbinpdf: Option<usize>,
    #[arg(long, value_name = "X", allow_negative_numbers = true, help = PsMapOptions::SCALEAXIS.own_help())]
    scaleaxis: Option<f64>,
    #[arg(long, help = PsMapOptions::USE_WEIGHTS.switch_help())]
    use_weights: bool,
}

/// FITS numbers of a pixel.
#[derive(Clone, Copy, Debug)]
struct Pixel([usize; 2]);

fn pixel(text: &str) -> Result<Pixel, String> {
    let bad = || format!("'{text}': expected X,Y, whole numbers from 1 on, as in 50,50");
    let (x, y) = text.split_once(',').ok_or_else(bad)?;
    let number = |text: &str| text.trim().parse::<usize>().map_err(|_| bad());
    Ok(Pixel([number(x)?, number(y)?]))
}

impl Psmap {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut analysis = self.region.open_to_write(output, None, &[("--fits", self.fits.as_deref())])?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let map = psmap(&analysis, &self.options(), output.progress().as_mut())?;
        show(output, &map);
        if let Some(path) = &self.fits {
            map.write_fits(path)?;
        }
        self.region.save(output, &mut analysis)?;
        output.json(|| completed(map.to_json(), &analysis, optimized.as_ref(), self.region.provenance()))
    }

    /// The defaults with what the command line has over them.
    fn options(&self) -> PsMapOptions {
        let (defaults, spectrum, statistic) = (PsMapOptions::default(), &self.spectrum, &self.statistic);
        PsMapOptions::default()
            .with_exclude(self.exclude.clone())
            .with_emin(spectrum.spectrum_emin.unwrap_or(defaults.emin))
            .with_emax(spectrum.spectrum_emax.unwrap_or(defaults.emax))
            .with_nbinloge(spectrum.nbinloge.unwrap_or(defaults.nbinloge))
            .with_fixedradius(spectrum.fixedradius)
            .with_psfpar0(spectrum.psfpar0.unwrap_or(defaults.psfpar0))
            .with_psfpar1(spectrum.psfpar1.unwrap_or(defaults.psfpar1))
            .with_psfpar2(spectrum.psfpar2.unwrap_or(defaults.psfpar2))
            .with_psfpar3(spectrum.psfpar3.unwrap_or(defaults.psfpar3))
            .with_psfpar0lst(spectrum.psfpar0lst.clone())
            .with_pixel(self.pixel.map(|pixel| pixel.0))
            .with_dpix(self.dpix.unwrap_or(defaults.dpix))
            .with_maxpoissoncount(statistic.maxpoissoncount.unwrap_or(defaults.maxpoissoncount))
            .with_prob_epsilon(statistic.prob_epsilon.unwrap_or(defaults.prob_epsilon))
            .with_nbinpdf(statistic.nbinpdf.unwrap_or(defaults.nbinpdf))
            .with_scaleaxis(statistic.scaleaxis.unwrap_or(defaults.scaleaxis))
            .with_use_weights(statistic.use_weights)
    }
}

/// The highest pixel and its spectrum.
fn show(output: &Output, map: &PsMap) {
    let [ny, nx] = map.grid.shape();
    let lowest = map.psmap.iter().copied().filter(|ps| !ps.is_nan()).fold(f64::INFINITY, f64::min);
    output.text(format_args!("PS map: {nx} x {ny} pixels"));
    if let (Some(most), Some((y, x))) = (map.psmax(), map.peak) {
        let place = words(map.direction());
        output.text(format_args!(
            "highest PS {most:.3} ({:.2} sigma) in pixel ({}, {}), {place}; lowest {lowest:.3} ({:.2} sigma)",
            ps_in_sigma(most),
            x + 1,
            y + 1,
            ps_in_sigma(lowest)
        ));
    }
    output.text(format_args!(
        "{:>11} {:>11} {:>10} {:>12} {:>8}",
        "e_min, MeV", "e_max, MeV", "counts", "model", "weight"
    ));
    let bins = map.hlogebin.windows(2).zip(&map.datcounts).zip(&map.modcounts).zip(&map.weights);
    for (((edges, counts), model), weight) in bins {
        let [low, high] = [edges[0], edges[1]].map(|edge| 10f64.powf(edge));
        output.text(format_args!("{low:>11.1} {high:>11.1} {counts:>10.0} {model:>12.3} {weight:>8.3}"));
    }
    for warning in &map.warnings {
        tracing::warn!("{warning}");
    }
}
