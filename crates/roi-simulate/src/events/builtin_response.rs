//! A small analytic response, in the files of a calibration database: for regions without the LAT's own.

use std::path::Path;

use lat_io::{Column, ColumnValues, FitsWriter, Header};

use crate::error::Result;

/// The name of the set: what `gtlike.irfs` says.
pub(super) const NAME: &str = "SIMULATED_V1";

/// Bins of energy (log10 of MeV) and of the cosine of the inclination.
const ENERGIES: (f64, f64, usize) = (1.0, 7.0, 36);
const COSINES: (f64, f64, usize) = (0.2, 1.0, 16);

/// An event type: its name, its largest effective area (m^2), and width of its PSF at 100 MeV and at high energies (radians).
const EVENT_TYPES: [(&str, f64, f64, f64); 2] = [("FRONT", 0.52, 0.047, 0.0007), ("BACK", 0.42, 0.082, 0.0013)];
/// How the width falls with energy.
const PSF_INDEX: f64 = -0.8;
/// Energy at which the area is half of the largest, MeV, and the slope of its rise.
const RISE: (f64, f64) = (180.0, 1.5);
/// `p0` and `p1` of the area's dependence on the fraction of live time: 1 at 0.9.
const EFFICIENCY: [f64; 2] = [0.2, 0.82];
/// Scaling of the energy dispersion: a fifth at 100 MeV, 7 % at 10 GeV on axis.
const DISPERSION: [f64; 6] = [0.03, 0.0, -0.24, -0.03, 0.0, 0.58];

/// Writes a small analytic response into a folder, in the layout of the LAT's response functions of Pass 8, for front- and back-converting
/// photons: `aeff_SIMULATED_V1_FB.fits`, `psf_SIMULATED_V1_FB.fits`, `edisp_SIMULATED_V1_FB.fits`. Returns the name of the set.
///
/// The effective area rises to a square metre on axis and falls with the inclination to 0 at 78 degrees; the PSF of front photons has a 68 %
/// radius of some 4 degrees at 100 MeV and 0.1 at high energies.
///
/// # Errors
/// When a file cannot be written.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let name = roi_simulate::write_builtin_response(folder.path())?;
/// let irfs = lat_io::read_irf_set(folder.path(), name, 3)?;
/// assert!((irfs[0].effective_area.value(1e5, 1.0) / 5200.0 - 1.0).abs() < 0.05);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_builtin_response(folder: &Path) -> Result<&'static str> {
    let path = |kind: &str| folder.join(format!("{kind}_{NAME}_FB.fits"));
    let mut aeff = FitsWriter::create(path("aeff"))?;
    let mut psf = FitsWriter::create(path("psf"))?;
    let mut edisp = FitsWriter::create(path("edisp"))?;
    for (event_type, largest, wide, narrow) in EVENT_TYPES {
        let named = |table: &str| format!("{table}_{event_type}");
        table(&mut aeff, &named("EFFECTIVE AREA"), &[over("EFFAREA", "m2", |e, c| largest * area(e, c))])?;
        let parameters = EFFICIENCY.into_iter().flat_map(|p| [0.0, p, 0.0, 3.0, 0.0, 5.0]).collect();
        list(&mut aeff, &named("EFFICIENCY_PARAMS"), "EFFICIENCY_PARS", (6, parameters))?;
        table(&mut psf, &named("RPSF"), &psf_columns())?;
        list(&mut psf, &named("PSF_SCALING_PARAMS"), "PSFSCALE", (3, vec![wide, narrow, PSF_INDEX]))?;
        table(&mut edisp, &named("ENERGY DISPERSION"), &dispersion_columns())?;
        list(&mut edisp, &named("EDISP_SCALING_PARAMS"), "EDISPSCALE", (6, DISPERSION.to_vec()))?;
    }
    for file in [aeff, psf, edisp] {
        file.finish()?;
    }
    Ok(NAME)
}

/// The area at log10 of an energy in MeV and a cosine, over the largest on axis.
fn area(log_energy: f64, cosine: f64) -> f64 {
    let (half, slope) = RISE;
    let energy = 10f64.powf(log_energy);
    let depth = (cosine - COSINES.0) / (COSINES.1 - COSINES.0);
    // At low energies photons from the side are lost sooner.
    depth.powf(1.0 + 0.3 * half / (half + energy)) / (1.0 + (half / energy).powf(slope))
}

fn psf_columns() -> [Column; 6] {
    [
        over("NCORE", "", |_, _| 1.0),
        over("NTAIL", "", |_, _| 0.1),
        // From the side a photon crosses more of the tracker.
        over("SCORE", "", |_, c| 0.75 + 0.2 * (1.0 - c)),
        over("STAIL", "", |_, c| 1.5 + 0.3 * (1.0 - c)),
        over("GCORE", "", |_, _| 2.6),
        over("GTAIL", "", |_, _| 2.2),
    ]
}

fn dispersion_columns() -> [Column; 9] {
    [
        over("F", "", |_, _| 0.8),
        over("S1", "", |_, _| 0.9),
        over("K1", "", |_, _| 1.1),
        over("BIAS", "", |e, _| 0.02 * (e - 3.0)),
        over("PINDEX1", "", |_, _| 1.8),
        over("S2", "", |_, _| 1.8),
        over("K2", "", |_, _| 0.9),
        over("BIAS2", "", |_, _| -0.1),
        over("PINDEX2", "", |_, _| 1.4),
    ]
}

/// The lower and upper edges of equal bins.
fn edges((from, to, n): (f64, f64, usize)) -> [Vec<f64>; 2] {
    let edge = |i: usize| from + (to - from) * i as f64 / n as f64;
    [(0..n).map(edge).collect(), (1..=n).map(edge).collect()]
}

fn vector(name: &str, unit: &str, values: impl IntoIterator<Item = f64>) -> Column {
    #[expect(clippy::cast_possible_truncation, reason = "the format holds 32-bit floats")]
    let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
    Column { name: name.into(), unit: unit.into(), values: ColumnValues::FloatVectors { width: values.len(), values } }
}

/// A column of one row over the bins: all energies of the first cosine, then those of the next.
fn over(name: &str, unit: &str, function: impl Fn(f64, f64) -> f64) -> Column {
    let centers = |bins| {
        let [low, high] = edges(bins);
        low.into_iter().zip(high).map(|(low, high)| f64::midpoint(low, high)).collect::<Vec<_>>()
    };
    let energies = centers(ENERGIES);
    let of = |cosine: f64| energies.iter().map(|energy| function(*energy, cosine)).collect::<Vec<_>>();
    vector(name, unit, centers(COSINES).into_iter().flat_map(of))
}

/// A table of one row: the bins, then what is given.
fn table(file: &mut FitsWriter, name: &str, columns: &[Column]) -> Result<()> {
    let [e_low, e_high] = edges(ENERGIES).map(|edges| edges.into_iter().map(|log| 10f64.powf(log)).collect::<Vec<_>>());
    let [c_low, c_high] = edges(COSINES);
    let mut all = vec![
        vector("ENERG_LO", "MeV", e_low),
        vector("ENERG_HI", "MeV", e_high),
        vector("CTHETA_LO", "", c_low),
        vector("CTHETA_HI", "", c_high),
    ];
    all.extend_from_slice(columns);
    Ok(file.table(name, &Header::default(), &all)?)
}

/// A table of one column of lists.
fn list(file: &mut FitsWriter, name: &str, column: &str, (width, values): (usize, Vec<f64>)) -> Result<()> {
    let column = Column { name: column.into(), unit: String::new(), values: ColumnValues::Doubles { width, values } };
    Ok(file.table(name, &Header::default(), &[column])?)
}
