//! What a configuration says of event files and of the products that are made of them: sections `data`, `selection`, `binning`, `ltcube`.

use lat_response::HealpixOrdering;

use super::definition::{Definition, Range};
use super::keys::Keys;
use super::yaml::Value;
use crate::error::Result;

/// Event files, the cuts on them, and the bins of what is made of them.
#[derive(Clone, Debug, PartialEq)]
pub struct EventConfig {
    /// `data.evfile`: photon files, or text files that list them, as written.
    pub evfile: Vec<String>,
    /// `data.scfile`: spacecraft files, or text files that list them, as written.
    pub scfile: Vec<String>,
    /// `data.cacheft1`: whether the selected photons stay.
    pub cacheft1: bool,
    /// `selection.tmin`, mission time, s.
    pub tmin: Option<f64>,
    /// `selection.tmax`, mission time, s.
    pub tmax: Option<f64>,
    /// `selection.zmax`, degrees.
    pub zmax: Option<f64>,
    /// `selection.evclass`: bits of event classes.
    pub evclass: Option<u32>,
    /// `selection.evtype`: bits of event types.
    pub evtype: Option<u32>,
    /// `selection.convtype`: 0 front, 1 back.
    pub convtype: Option<i32>,
    /// `selection.phasemin` and `phasemax`.
    pub phases: Option<(f64, f64)>,
    /// `selection.radius`, degrees.
    pub radius: Option<f64>,
    /// `selection.filter`.
    pub filter: Option<String>,
    /// `selection.roicut`.
    pub roicut: bool,
    /// Section `binning`.
    pub binning: BinningConfig,
    /// Section `ltcube`.
    pub ltcube: LivetimeConfig,
}

/// Section `binning`.
#[derive(Clone, Debug, PartialEq)]
pub struct BinningConfig {
    /// `projtype` is HPX: HEALPix pixels.
    pub is_healpix: bool,
    /// `proj`: three letters of the projection.
    pub proj: String,
    /// `npix`: pixels along x and y.
    pub npix: Option<[usize; 2]>,
    /// `roiwidth`, degrees.
    pub roiwidth: f64,
    /// `binsz`, degrees.
    pub binsz: f64,
    /// `binsperdec`: energy bins in a decade.
    pub binsperdec: f64,
    /// `enumbins`: energy bins.
    pub enumbins: Option<usize>,
    /// `hpx_order`.
    pub hpx_order: u8,
    /// `hpx_ordering_scheme`.
    pub hpx_ordering: HealpixOrdering,
}

/// Section `ltcube`: the bins of the livetime cube.
#[derive(Clone, Debug, PartialEq)]
pub struct LivetimeConfig {
    /// `binsz`: pixels, degrees.
    pub binsz: f64,
    /// `dcostheta`: mean step in the cosine of the inclination.
    pub dcostheta: f64,
    /// `phibins`: bins of azimuth.
    pub phibins: usize,
}

impl EventConfig {
    pub(super) const CACHEFT1: Definition<bool> = Definition::new(
        "cacheft1",
        true,
        "Whether the photons that `prepare` selects stay once everything is made of them.",
    );
    pub(super) const ROICUT: Definition<bool> = Definition::new(
        "roicut",
        false,
        "Whether times are left out in which a part of the selected cone is beyond `zmax` (`yes` or `no`).",
    );
}

impl BinningConfig {
    pub(super) const PROJ: Definition<&'static str> =
        Definition::new("proj", "AIT", "Projection of the counts cube that is made: three letters.");
    pub(super) const ROIWIDTH: Definition<f64> =
        Definition::new("roiwidth", 10.0, "Width of the region.").in_unit("degrees").within(Range::ABOVE_0);
    pub(super) const BINSZ: Definition<f64> =
        Definition::new("binsz", 0.1, "Size of a pixel.").in_unit("degrees").within(Range::ABOVE_0);
    pub(super) const BINSPERDEC: Definition<f64> =
        Definition::new("binsperdec", 8.0, "Energy bins in a decade.").within(Range::ABOVE_0);
    pub(super) const HPX_ORDER: Definition<u8> = Definition::new("hpx_order", 10, "HEALPix order.");
    pub(super) const HPX_ORDERING: Definition<&'static str> =
        Definition::new("hpx_ordering_scheme", "RING", "HEALPix ordering: RING or NESTED.");
    pub(super) const HPX_EBIN: Definition<bool> =
        Definition::new("hpx_ebin", true, "Whether HEALPix cubes have energy bins; nothing else can be fitted.");
}

impl LivetimeConfig {
    pub(super) const BINSZ: Definition<f64> = Definition::new("binsz", 1.0, "Pixel of the livetime cube that is made.")
        .in_unit("degrees")
        .within(Range::ABOVE_0);
    pub(super) const DCOSTHETA: Definition<f64> =
        Definition::new("dcostheta", 0.025, "Its mean step in the cosine of the inclination.").within(Range::ABOVE_0);
    pub(super) const PHIBINS: Definition<usize> = Definition::new("phibins", 0, "Its bins of azimuth.");
}

pub(super) fn events(keys: &Keys<'_>) -> Result<EventConfig> {
    let time = |key: &str| keys.number_in("selection", key, "a mission time in seconds", |time| time.is_finite());
    let angle = |key: &str| {
        keys.number_in("selection", key, "an angle above 0 and up to 180 degrees", |angle| {
            *angle > 0.0 && *angle <= 180.0
        })
    };
    let mask = |key: &str| {
        let expected = "a mask of bits above 0, such as 128";
        let wrong = || keys.wrong("selection", key, expected);
        let whole = keys.whole("selection", key)?;
        whole.map(|bits| u32::try_from(bits).ok().filter(|bits| *bits > 0).ok_or_else(wrong)).transpose()
    };
    let (tmin, tmax) = (time("tmin")?, time("tmax")?);
    if let (Some(tmin), Some(tmax)) = (tmin, tmax)
        && tmin >= tmax
    {
        return Err(keys.wrong("selection", "tmax", &format!("a time after tmin ({tmin} s)")));
    }
    let convtype = match keys.whole("selection", "convtype")? {
        None | Some(-1) => None,
        Some(0) => Some(0),
        Some(1) => Some(1),
        Some(_) => return Err(keys.wrong("selection", "convtype", "-1, 0 or 1")),
    };
    Ok(EventConfig {
        evfile: keys.texts("data", "evfile")?,
        scfile: keys.texts("data", "scfile")?,
        cacheft1: keys.option("data", &EventConfig::CACHEFT1)?,
        tmin,
        tmax,
        zmax: angle("zmax")?,
        evclass: mask("evclass")?,
        evtype: mask("evtype")?,
        convtype,
        phases: phases(keys)?,
        radius: angle("radius")?,
        filter: keys.text("selection", "filter")?,
        roicut: keys.option("selection", &EventConfig::ROICUT)?,
        binning: binning(keys)?,
        ltcube: LivetimeConfig {
            binsz: keys.option("ltcube", &LivetimeConfig::BINSZ)?,
            dcostheta: keys.option("ltcube", &LivetimeConfig::DCOSTHETA)?,
            phibins: keys.option("ltcube", &LivetimeConfig::PHIBINS)?,
        },
    })
}

fn phases(keys: &Keys<'_>) -> Result<Option<(f64, f64)>> {
    let phase = |key: &str| keys.number_in("selection", key, "a phase from 0 to 1", |x| (0.0..=1.0).contains(x));
    match (phase("phasemin")?, phase("phasemax")?) {
        (None, None) => Ok(None),
        (from, to) => {
            let (from, to) = (from.unwrap_or(0.0), to.unwrap_or(1.0));
            if from < to {
                return Ok(Some((from, to)));
            }
            Err(keys.wrong("selection", "phasemax", &format!("a phase above phasemin ({from})")))
        }
    }
}

fn binning(keys: &Keys<'_>) -> Result<BinningConfig> {
    let ordering = match keys.option("binning", &BinningConfig::HPX_ORDERING)?.to_ascii_uppercase().as_str() {
        "RING" => HealpixOrdering::Ring,
        "NEST" | "NESTED" => HealpixOrdering::Nested,
        _ => return Err(keys.wrong("binning", "hpx_ordering_scheme", "RING or NESTED")),
    };
    if !keys.option("binning", &BinningConfig::HPX_EBIN)? {
        return Err(keys.wrong("binning", "hpx_ebin", "true: counts without energy bins cannot be fitted"));
    }
    let enumbins = keys.whole("binning", "enumbins")?;
    let positive = |n: i64| usize::try_from(n).ok().filter(|n| *n > 0);
    Ok(BinningConfig {
        is_healpix: keys.text("binning", "projtype")?.is_some_and(|text| text.eq_ignore_ascii_case("HPX")),
        proj: keys.option("binning", &BinningConfig::PROJ)?.to_ascii_uppercase(),
        npix: npix(keys)?,
        roiwidth: keys.option("binning", &BinningConfig::ROIWIDTH)?,
        binsz: keys.option("binning", &BinningConfig::BINSZ)?,
        binsperdec: keys.option("binning", &BinningConfig::BINSPERDEC)?,
        enumbins: enumbins
            .map(|n| positive(n).ok_or_else(|| keys.wrong("binning", "enumbins", "a whole number of at least 1")))
            .transpose()?,
        hpx_order: keys.option("binning", &BinningConfig::HPX_ORDER)?,
        hpx_ordering: ordering,
    })
}

/// `npix`: a number of pixels, or those along x and y.
fn npix(keys: &Keys<'_>) -> Result<Option<[usize; 2]>> {
    let Some((_, node)) = keys.get("binning", "npix") else { return Ok(None) };
    let whole = |value: &Value| value.whole().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    let pixels = match &node.value {
        Value::List(sides) => match sides.as_slice() {
            [x, y] => whole(&x.value).zip(whole(&y.value)).map(|(x, y)| [x, y]),
            _ => None,
        },
        value => whole(value).map(|n| [n, n]),
    };
    pixels.map(Some).ok_or_else(|| keys.wrong("binning", "npix", "pixels on a side, or [nx, ny]"))
}
