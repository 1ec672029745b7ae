//! Writing a photon file (FT1) of new photons in the layout of the data server.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::events::headers::{set_instrument, set_time_system};
use crate::events::photon_writer::{PhotonHeader, write_new};
use crate::events::row_spool::RowSpool;
use crate::fits::Header;

/// Name, format and unit of each column.
const COLUMNS: [(&str, &str, &str); 23] = [
    ("ENERGY", "E", "MeV"),
    ("RA", "E", "deg"),
    ("DEC", "E", "deg"),
    ("L", "E", "deg"),
    ("B", "E", "deg"),
    ("THETA", "E", "deg"),
    ("PHI", "E", "deg"),
    ("ZENITH_ANGLE", "E", "deg"),
    ("EARTH_AZIMUTH_ANGLE", "E", "deg"),
    ("TIME", "D", "s"),
    ("EVENT_ID", "J", ""),
    ("RUN_ID", "J", ""),
    ("RECON_VERSION", "I", ""),
    ("CALIB_VERSION", "3I", ""),
    ("EVENT_CLASS", "32X", ""),
    ("EVENT_TYPE", "32X", ""),
    ("CONVERSION_TYPE", "I", ""),
    ("LIVETIME", "D", "s"),
    ("DIFRSP0", "E", ""),
    ("DIFRSP1", "E", ""),
    ("DIFRSP2", "E", ""),
    ("DIFRSP3", "E", ""),
    ("DIFRSP4", "E", ""),
];

const ROW_BYTES: usize = 98;

/// A photon with all that a photon file tells of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NewPhoton {
    /// Energy, MeV.
    pub energy: f32,
    /// Right ascension, degrees.
    pub ra: f32,
    /// Declination, degrees.
    pub dec: f32,
    /// Galactic longitude, degrees.
    pub l: f32,
    /// Galactic latitude, degrees.
    pub b: f32,
    /// Inclination to the LAT's z axis, degrees.
    pub theta: f32,
    /// Azimuth about the LAT's z axis, degrees.
    pub phi: f32,
    /// Angle to the zenith, degrees.
    pub zenith_angle: f32,
    /// Azimuth about the zenith from north to east, degrees.
    pub earth_azimuth: f32,
    /// Mission time, s.
    pub time: f64,
    /// Number within its run.
    pub event_id: i32,
    /// Number of the run.
    pub run_id: i32,
    /// Bits of the event classes.
    pub event_class: u32,
    /// Bits of the event types.
    pub event_type: u32,
    /// 0 for the front of the tracker, 1 for the back.
    pub conversion_type: i16,
    /// Livetime since the mission's start, s.
    pub livetime: f64,
}

/// Writes a photon file of new photons. `pass`: the pass version, for example `P8R3`. The file appears whole or not at all; gzip when its
/// name ends in `.gz`.
///
/// # Errors
/// When the file cannot be written.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("photons.fits");
/// use lat_io::{Cut, NewPhoton, PhotonFile, PhotonHeader};
/// let photon = NewPhoton { energy: 250.0, ra: 83.6, dec: 22.0, time: 300_000_005.0, event_class: 128, ..NewPhoton::default() };
/// let times = (300_000_000.0, 300_000_010.0);
/// let header = PhotonHeader { cuts: vec![Cut::GoodTimes], good_times: vec![times], times, inputs: None };
/// lat_io::write_new_photons(&path, "P8R3", &header, &[photon])?;
/// assert_eq!(PhotonFile::open(&path)?.block(0, 1)?.photon(0)?.energy, 250.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_new_photons(path: &Path, pass: &str, header: &PhotonHeader, photons: &[NewPhoton]) -> Result<()> {
    write_new(path, headers(pass), header, (ROW_BYTES, photons.len()), |rows| {
        photons.iter().try_for_each(|photon| rows.write(&row_of(photon)))
    })
}

/// A photon file in the making, for photons that come one after the other and are not counted yet. They lie in a file without a name in the
/// folder of the one to be; memory does not grow with them.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("photons.fits");
/// use lat_io::{Cut, NewPhoton, NewPhotonFile, PhotonFile, PhotonHeader};
/// let times = (300_000_000.0, 300_000_010.0);
/// let mut file = NewPhotonFile::create(&path, "P8R3")?;
/// file.push(&NewPhoton { energy: 250.0, time: 300_000_005.0, ..NewPhoton::default() })?;
/// file.finish(&PhotonHeader { cuts: vec![Cut::GoodTimes], good_times: vec![times], times, inputs: None })?;
/// assert_eq!(PhotonFile::open(&path)?.rows(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct NewPhotonFile {
    path: PathBuf,
    pass: String,
    rows: RowSpool,
}

impl NewPhotonFile {
    /// Begins a file of photons of a pass version, for example `P8R3`.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn create(path: impl Into<PathBuf>, pass: &str) -> Result<Self> {
        let path = path.into();
        let rows = RowSpool::create(&path, ROW_BYTES)?;
        Ok(Self { path, pass: pass.to_owned(), rows })
    }

    /// Number of photons so far.
    pub fn rows(&self) -> usize {
        self.rows.rows()
    }

    /// Appends a photon.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn push(&mut self, photon: &NewPhoton) -> Result<()> {
        self.rows.write(&row_of(photon))
    }

    /// Writes the file: it appears whole or not at all; gzip when its name ends in `.gz`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self, header: &PhotonHeader) -> Result<()> {
        let Self { path, pass, rows } = self;
        write_new(&path, headers(&pass), header, (ROW_BYTES, rows.rows()), |out| rows.copy(out))
    }
}

/// Headers of the primary HDU and of table EVENTS.
fn headers(pass: &str) -> [Header; 2] {
    let mut primary = Header::default();
    describe(&mut primary);
    primary.set("CREATOR", "roi-fit", "software creating this file");
    let mut events = Header::default();
    set_columns(&mut events, &COLUMNS);
    events.set("EXTNAME", "EVENTS", "name of this binary table extension");
    describe(&mut events);
    events.set("HDUCLASS", "OGIP", "format conforms to OGIP standard");
    events.set("HDUCLAS1", "EVENTS", "extension contains events");
    events.set("HDUCLAS2", "ALL", "extension contains all events detected");
    events.set("PASS_VER", pass, "IRF pass version corresponding to a specific set");
    events.set("NDIFRSP", 5, "number of diffuse response labels");
    for number in 0..5 {
        events.set(&format!("DIFRSP{number}"), "NONE", "diffuse response label");
    }
    [primary, events]
}

fn describe(header: &mut Header) {
    set_instrument(header);
    header.set("EQUINOX", 2000.0, "equinox for ra and dec");
    header.set("RADECSYS", "FK5", "world coord. system for this file (FK5 or FK4)");
    set_time_system(header);
}

/// Sets the keywords of the columns of a table.
pub(in crate::events) fn set_columns(header: &mut Header, columns: &[(&str, &str, &str)]) {
    header.set("TFIELDS", i64::try_from(columns.len()).unwrap_or(0), "number of fields in each row");
    for ((name, form, unit), number) in columns.iter().zip(1..) {
        header.set(&format!("TTYPE{number}"), *name, "");
        header.set(&format!("TFORM{number}"), *form, "");
        if !unit.is_empty() {
            header.set(&format!("TUNIT{number}"), *unit, "");
        }
    }
}

fn row_of(photon: &NewPhoton) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ROW_BYTES);
    let angles = [photon.ra, photon.dec, photon.l, photon.b, photon.theta, photon.phi, photon.zenith_angle];
    for value in [photon.energy].into_iter().chain(angles).chain([photon.earth_azimuth]) {
        bytes.extend(value.to_be_bytes());
    }
    bytes.extend(photon.time.to_be_bytes());
    bytes.extend(photon.event_id.to_be_bytes());
    bytes.extend(photon.run_id.to_be_bytes());
    // RECON_VERSION, and three of CALIB_VERSION.
    bytes.extend([0; 8]);
    bytes.extend(photon.event_class.to_be_bytes());
    bytes.extend(photon.event_type.to_be_bytes());
    bytes.extend(photon.conversion_type.to_be_bytes());
    bytes.extend(photon.livetime.to_be_bytes());
    // The diffuse responses are not known.
    bytes.extend([0; 20]);
    bytes
}
