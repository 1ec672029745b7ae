//! Instrument response functions in the FITS files of the LAT's calibration database, in the layouts of Pass 7 and Pass 8.
//!
//! Pass 7 has a file for front- and one for back-converting events (`aeff_P7SOURCE_V6_front.fits`, keyword `DETNAM`); Pass 8 has one file for all
//! event types of a partition (`aeff_P8R3_SOURCE_V3_FB.fits`), whose tables carry the type as suffix (`EFFECTIVE AREA_FRONT`).

use std::path::{Path, PathBuf};

use lat_response::{
    AzimuthDependence, DispersionForm, EffectiveArea, Efficiency, EnergyDispersion, Irf, IrfGrid, KingParameters,
    PointSpread, PsfScaling,
};

use crate::disk::first_found;
use crate::error::{Error, Result};
use crate::fits::{FitsFile, Hdu};

const AREA: &str = "EFFECTIVE AREA";
const AZIMUTH: &str = "PHI_DEPENDENCE";
const PSF: &str = "RPSF";
const DISPERSION: &str = "ENERGY DISPERSION";

/// The event types of `evtype`, by bit, with the partition that their files are named after.
const EVENT_TYPES: [(&str, &str); 10] = [
    ("FRONT", "FB"),
    ("BACK", "FB"),
    ("PSF0", "PSF"),
    ("PSF1", "PSF"),
    ("PSF2", "PSF"),
    ("PSF3", "PSF"),
    ("EDISP0", "EDISP"),
    ("EDISP1", "EDISP"),
    ("EDISP2", "EDISP"),
    ("EDISP3", "EDISP"),
];

/// Reads the response of the event types in `evtype` (a sum of 1 `FRONT`, 2 `BACK`, 4 to 32 `PSF0` to `PSF3`, 64 to 512 `EDISP0` to `EDISP3`) of the
/// set of this name (`P8R3_SOURCE_V3`) from a directory: one that holds the files, or the root of a calibration database.
///
/// Energy dispersion is read where its file is there.
///
/// # Errors
/// [`Error::NotFound`] for files that are not there, [`Error::Unsupported`] for event types that do not exist or are of several partitions, and
/// as [`read_irf`].
///
/// ```no_run
/// let irfs = lat_io::read_irf_set("/opt/caldb".as_ref(), "P8R3_SOURCE_V3", 3)?;
/// assert_eq!(irfs[0].event_type, "FRONT");
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn read_irf_set(directory: &Path, name: &str, evtype: u32) -> Result<Vec<Irf>> {
    let mut all = Vec::new();
    for files in find_irf_set(directory, name, evtype)? {
        all.extend(read_irf(&files.effective_area, &files.psf, files.dispersion.as_deref())?);
    }
    let wanted = wanted(evtype);
    all.retain(|irf| wanted.iter().any(|(event_type, _)| irf.event_type == *event_type));
    match wanted.iter().find(|(event_type, _)| !all.iter().any(|irf| irf.event_type == *event_type)) {
        None => Ok(all),
        Some((event_type, _)) => Err(Error::Unsupported {
            path: directory.to_owned(),
            what: format!("event type {event_type} of {name}"),
            remedy: "the files of this set do not hold it; choose another event type".into(),
        }),
    }
}

/// Files of a set of response functions that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IrfSetFiles {
    /// Effective area.
    pub effective_area: PathBuf,
    /// Point spread function.
    pub psf: PathBuf,
    /// Energy dispersion, where the file is there.
    pub dispersion: Option<PathBuf>,
}

/// The files that [`read_irf_set`] reads: one entry, or one an event type in Pass 7.
///
/// # Errors
/// [`Error::NotFound`] and [`Error::Unsupported`] as [`read_irf_set`].
pub fn find_irf_set(directory: &Path, name: &str, evtype: u32) -> Result<Vec<IrfSetFiles>> {
    let wanted = wanted(evtype);
    let Some((_, partition)) = wanted.first() else {
        return Err(Error::Unsupported {
            path: directory.to_owned(),
            what: format!("evtype {evtype}"),
            remedy:
                "add up event types of one partition: 1 FRONT, 2 BACK; 4, 8, 16, 32 PSF0-3; 64, 128, 256, 512 EDISP0-3"
                    .into(),
        });
    };
    let find =
        |kind: &str, folder: &str, ending: &str| find(directory, folder, &format!("{kind}_{name}_{ending}.fits"));
    let of = |ending: &str| {
        Ok(IrfSetFiles {
            effective_area: find("aeff", "ea", ending)?,
            psf: find("psf", "psf", ending)?,
            dispersion: find("edisp", "edisp", ending).ok(),
        })
    };
    match of(partition) {
        // Pass 7: a file each. What is missing is told by the name that today's sets have.
        Err(error) if *partition == "FB" => wanted
            .iter()
            .map(|(event_type, _)| of(&event_type.to_lowercase()))
            .collect::<Result<_>>()
            .map_err(|_| error),
        files => Ok(vec![files?]),
    }
}

/// The names and partitions of the event types in a sum; nothing when it holds unknown ones, or ones of several partitions.
fn wanted(evtype: u32) -> Vec<(&'static str, &'static str)> {
    let all: Vec<_> = (0..).zip(EVENT_TYPES).filter(|(bit, _)| evtype >> bit & 1 == 1).map(|(_, kind)| kind).collect();
    let known = evtype >> EVENT_TYPES.len() == 0;
    let of_one_partition = all.first().is_some_and(|first| all.iter().all(|kind| kind.1 == first.1));
    if known && of_one_partition { all } else { Vec::new() }
}

/// A file of the calibration database, plain or gzip.
fn find(directory: &Path, folder: &str, name: &str) -> Result<PathBuf> {
    let places = [String::new(), folder.to_owned(), format!("bcf/{folder}"), format!("data/glast/lat/bcf/{folder}")];
    let candidates = places
        .iter()
        .flat_map(|place| [name.to_owned(), format!("{name}.gz")].map(|name| directory.join(place).join(name)));
    first_found(candidates).ok_or_else(|| Error::NotFound { path: directory.join(name) })
}

/// Reads all event types of an effective area file, their PSF and, where a file is given, their energy dispersion.
///
/// # Errors
/// When a file is missing or damaged, a table or column is missing, files of different event types are put together, a table holds several
/// epochs, or its values cannot be.
pub fn read_irf(effective_area: &Path, psf: &Path, dispersion: Option<&Path>) -> Result<Vec<Irf>> {
    let area_file = FitsFile::open(effective_area)?;
    let psf_file = FitsFile::open(psf)?;
    let dispersion_file = dispersion.map(FitsFile::open).transpose()?;
    let suffixes: Vec<&str> = area_file
        .hdus()
        .iter()
        .filter(|hdu| hdu.table_rows().is_some())
        .filter_map(|hdu| hdu.name().strip_prefix(AREA))
        .filter(|suffix| suffix.is_empty() || suffix.starts_with('_'))
        .collect();
    if suffixes.is_empty() {
        // The error that names the tables of the file.
        area_file.table(AREA)?;
    }
    let irf = |suffix: &&str| -> Result<Irf> {
        let table = Table::open(&area_file, AREA, suffix)?;
        let event_type = table.event_type(suffix)?;
        let psf = psf_table(&psf_file, suffix, &event_type)?;
        let dispersion =
            dispersion_file.as_ref().map(|file| dispersion_table(file, suffix, &event_type)).transpose()?;
        Ok(Irf { effective_area: area_table(&table, suffix)?, psf, dispersion, event_type })
    };
    suffixes.iter().map(irf).collect()
}

fn area_table(table: &Table<'_>, suffix: &str) -> Result<EffectiveArea> {
    match table.hdu.column_unit("EFFAREA").map(str::to_ascii_lowercase).as_deref() {
        None | Some("m2" | "m^2" | "m**2") => {}
        Some(other) => return Err(table.bad("EFFAREA", format!("unit is '{other}', expected m2"))),
    }
    let name = format!("EFFICIENCY_PARAMS{suffix}");
    let efficiency = match table.file.table(&name) {
        Err(Error::MissingHdu { .. }) => None,
        found => {
            let parameters = Table { file: table.file, hdu: found? };
            let column = "EFFICIENCY_PARS";
            let rows: Vec<[f64; 6]> = parameters.column(column)?.as_chunks().0.to_vec();
            if parameters.file.column_repeat(parameters.hdu, column)? != 6 {
                return Err(parameters.bad(column, "expected 6 values a row".into()));
            }
            Efficiency::from_rows(&rows).map_err(|error| parameters.unusable(&error))?
        }
    };
    let area = EffectiveArea::new(table.grid()?, &table.column("EFFAREA")?, efficiency)
        .map_err(|error| table.unusable(&error))?;
    Ok(area.with_azimuth(azimuth_table(table.file, suffix)?))
}

/// How the area depends on the azimuth; where the table is missing it does not.
fn azimuth_table(file: &FitsFile, suffix: &str) -> Result<Option<AzimuthDependence>> {
    if matches!(file.table(&format!("{AZIMUTH}{suffix}")), Err(Error::MissingHdu { .. })) {
        return Ok(None);
    }
    let table = Table::open(file, AZIMUTH, suffix)?;
    let (q0, q1) = (table.column("PHIDEP0")?, table.column("PHIDEP1")?);
    AzimuthDependence::new(table.grid()?, &q0, &q1).map(Some).map_err(|error| table.unusable(&error))
}

fn psf_table(file: &FitsFile, suffix: &str, event_type: &str) -> Result<PointSpread> {
    let table = Table::open(file, PSF, suffix)?;
    table.check_event_type(suffix, event_type)?;
    let scaling = Table { file, hdu: file.table(&format!("PSF_SCALING_PARAMS{suffix}"))? };
    let scaling = match (scaling.column("PSFSCALE")?.as_slice(), event_type) {
        (&[c0, c1, index], _) | (&[c0, c1, _, _, index], "FRONT") | (&[_, _, c0, c1, index], "BACK") => {
            PsfScaling { c0, c1, index }
        }
        (other, _) => {
            let found = other.len();
            let reason = format!("{found} values for event type {event_type}, expected 3, or 5 for FRONT and BACK");
            return Err(scaling.bad("PSFSCALE", reason));
        }
    };
    let parameters = KingParameters {
        core_norm: table.column("NCORE")?,
        tail_norm: table.column("NTAIL")?,
        core_width: table.column("SCORE")?,
        tail_width: table.column("STAIL")?,
        core_slope: table.column("GCORE")?,
        tail_slope: table.column("GTAIL")?,
    };
    PointSpread::new(&table.grid()?, &parameters, scaling).map_err(|error| table.unusable(&error))
}

fn dispersion_table(file: &FitsFile, suffix: &str, event_type: &str) -> Result<EnergyDispersion> {
    let table = Table::open(file, DISPERSION, suffix)?;
    table.check_event_type(suffix, event_type)?;
    let scaling = Table { file, hdu: file.table(&format!("EDISP_SCALING_PARAMS{suffix}"))? };
    let scale = scaling.column("EDISPSCALE")?;
    let Some((&c, rest)) = scale.split_first_chunk::<6>() else {
        return Err(scaling.bad("EDISPSCALE", format!("{} values, expected 6 (Pass 8) or 9 (Pass 7)", scale.len())));
    };
    let columns = |names: &[&str]| names.iter().map(|name| table.column(name)).collect::<Result<Vec<_>>>();
    let form = if table.hdu.column_names().any(|name| name.eq_ignore_ascii_case("PINDEX1")) {
        let columns = columns(&["F", "S1", "K1", "BIAS", "PINDEX1", "S2", "K2", "BIAS2", "PINDEX2"])?;
        columns.try_into().ok().map(|columns| DispersionForm::Pass8 { columns })
    } else {
        let columns = columns(&["LS1", "RS1", "BIAS", "LS2", "RS2"])?;
        let &[p1, p2, t0] = rest else {
            return Err(scaling.bad("EDISPSCALE", format!("{} values, expected 9", scale.len())));
        };
        columns.try_into().ok().map(|columns| DispersionForm::Pass7 { columns, p1, p2, t0 })
    };
    let form = form.ok_or_else(|| table.bad("BIAS", "the columns of the dispersion are not complete".into()))?;
    EnergyDispersion::new(table.grid()?, c, &form).map_err(|error| table.unusable(&error))
}

/// A table of a response file.
struct Table<'a> {
    file: &'a FitsFile,
    hdu: &'a Hdu,
}

impl<'a> Table<'a> {
    /// The table over energies and cosines of this name: one row.
    fn open(file: &'a FitsFile, name: &str, suffix: &str) -> Result<Self> {
        let hdu = file.table(&format!("{name}{suffix}"))?;
        match hdu.table_rows() {
            Some(1) => Ok(Self { file, hdu }),
            _ => Err(Error::Unsupported {
                path: file.path().to_owned(),
                what: format!("table {} with {} (epochs)", hdu.label(), hdu.shape()),
                remedy: "use a response for one epoch: one row".into(),
            }),
        }
    }

    fn event_type(&self, suffix: &str) -> Result<String> {
        if let Some(event_type) = suffix.strip_prefix('_') {
            return Ok(event_type.to_ascii_uppercase());
        }
        let name = self.hdu.header().text("DETNAM").map(|name| name.trim().to_ascii_uppercase());
        name.filter(|name| !name.is_empty()).ok_or_else(|| Error::Keyword {
            path: self.file.path().to_owned(),
            hdu: self.hdu.label(),
            keyword: "DETNAM".into(),
            found: "missing".into(),
            expected: "the event type, FRONT or BACK",
        })
    }

    fn check_event_type(&self, suffix: &str, expected: &str) -> Result<()> {
        let found = self.event_type(suffix)?;
        if found == expected {
            return Ok(());
        }
        let reason =
            format!("event type {found}, but the effective area is of {expected}; give files of the same event type");
        Err(Error::BadFits { path: self.file.path().to_owned(), hdu: self.hdu.label(), reason })
    }

    fn column(&self, name: &str) -> Result<Vec<f64>> {
        self.file.read_column(self.hdu, name)
    }

    fn grid(&self) -> Result<IrfGrid> {
        let [e_low, e_high, c_low, c_high] =
            ["ENERG_LO", "ENERG_HI", "CTHETA_LO", "CTHETA_HI"].map(|name| self.column(name));
        IrfGrid::new(&e_low?, &e_high?, &c_low?, &c_high?).map_err(|error| self.unusable(&error))
    }

    fn bad(&self, column: &str, reason: String) -> Error {
        Error::Column { path: self.file.path().to_owned(), hdu: self.hdu.label(), column: column.to_owned(), reason }
    }

    fn unusable(&self, error: &lat_response::Error) -> Error {
        Error::BadFits { path: self.file.path().to_owned(), hdu: self.hdu.label(), reason: error.to_string() }
    }
}
