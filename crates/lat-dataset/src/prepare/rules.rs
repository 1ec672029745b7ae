//! What the configuration of a component asks of each step: cuts, filter, bins.

use lat_events::{EnergyBinning, GoodTimeOptions, LivetimeOptions, SelectOptions};
use lat_response::{Frame, SkyGrid, WcsHeader};
use roi_model::SkyDirection;

use crate::config::{BinningConfig, ComponentConfig, Config};
use crate::error::{Error, Result};
use crate::products::model_file;
use crate::region::{among_sources, build_region};

/// A mission time after all others, s.
const END_OF_TIME: f64 = 1e10;

/// How far the default cone of photons reaches beyond the corners of the region, degrees.
const BEYOND_CORNERS: f64 = 0.5;

/// The steps of a component as they are asked for.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) select: SelectOptions,
    /// `None` where the good times of the photons stay as they are.
    pub(super) good_times: Option<GoodTimeOptions>,
    pub(super) livetime: LivetimeOptions,
    pub(super) grid: SkyGrid,
    pub(super) energies: EnergyBinning,
}

impl Rules {
    pub(super) fn of(config: &Config, component: &ComponentConfig, center: SkyDirection) -> Result<Self> {
        let events = &component.events;
        let needed = |key: &'static str, value: Option<f64>| {
            value.ok_or_else(|| Error::EventKey { path: config.path.clone(), key, what: "the energies of the counts" })
        };
        let (emin, emax) = (needed("selection.emin", component.emin)?, needed("selection.emax", component.emax)?);
        Ok(Self {
            select: select(component, center, (emin, emax)),
            good_times: good_times(component),
            livetime: livetime_options(component)?,
            grid: grid(component, center)?,
            energies: EnergyBinning::logarithmic(emin, emax, bins(&events.binning, emin, emax))?,
        })
    }
}

/// How the livetime of a component is binned.
pub(crate) fn livetime_options(component: &ComponentConfig) -> Result<LivetimeOptions> {
    let ltcube = &component.events.ltcube;
    let options = LivetimeOptions::default()
        .with_pixel_size(ltcube.binsz)
        .with_cosine_step(ltcube.dcostheta)
        .with_azimuth_bins(ltcube.phibins)
        .with_zenith(0.0, component.events.zmax.unwrap_or(180.0));
    options.nside()?;
    options.cosine_bins()?;
    Ok(options)
}

fn select(component: &ComponentConfig, center: SkyDirection, (emin, emax): (f64, f64)) -> SelectOptions {
    let events = &component.events;
    let [nx, ny] = pixels(&events.binning);
    let diagonal = std::f64::consts::FRAC_1_SQRT_2 * nx.max(ny) as f64 * events.binning.binsz;
    let radius = events.radius.unwrap_or(diagonal + BEYOND_CORNERS);
    let mut options = SelectOptions::default().with_energies(emin, emax);
    if radius < 180.0 {
        options = options.with_cone(center.ra(), center.dec(), radius);
    }
    if let Some(zmax) = events.zmax {
        options = options.with_zenith(0.0, zmax);
    }
    if events.tmin.is_some() || events.tmax.is_some() {
        options = options.with_times(events.tmin.unwrap_or(0.0), events.tmax.unwrap_or(END_OF_TIME));
    }
    options.conversion_type = events.convtype;
    options.event_class = events.evclass;
    options.event_type = events.evtype;
    options.phases = events.phases;
    options
}

/// A filter, or the cut on the zenith angle of the region, or both. The cut alone holds whatever the rows tell.
fn good_times(component: &ComponentConfig) -> Option<GoodTimeOptions> {
    let events = &component.events;
    match (&events.filter, events.roicut) {
        (None, false) => None,
        (None, true) => Some(GoodTimeOptions::default().with_roi_cut(true)),
        (Some(filter), roicut) => Some(GoodTimeOptions::default().with_filter(filter).with_roi_cut(roicut)),
    }
}

/// Pixels along x and y.
fn pixels(binning: &BinningConfig) -> [usize; 2] {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "both are above 0; a width beyond all memory is refused where pixels are made"
    )]
    binning.npix.unwrap_or([(binning.roiwidth / binning.binsz).round().max(1.0) as usize; 2])
}

fn bins(binning: &BinningConfig, emin: f64, emax: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "emin is below emax; more bins than memory are refused where they are made"
    )]
    binning.enumbins.unwrap_or((binning.binsperdec * (emax / emin).log10()).round().max(1.0) as usize)
}

fn grid(component: &ComponentConfig, center: SkyDirection) -> Result<SkyGrid> {
    let binning = &component.events.binning;
    let frame = component.coordsys.unwrap_or(Frame::Celestial);
    let (lon, lat) = center.coordinates(frame);
    if binning.is_healpix {
        let radius = (binning.roiwidth / 2.0).min(180.0);
        let pixels = lat_events::pixels_within(binning.hpx_order, binning.hpx_ordering, frame, [lon, lat], radius)?;
        return Ok(SkyGrid::Healpix(pixels));
    }
    Ok(SkyGrid::wcs(WcsHeader::centered(pixels(binning), binning.binsz, frame, &binning.proj, [lon, lat]))?)
}

/// The centre of the region: what the configuration tells, or the place of the source that it names.
pub(super) fn center_of(config: &Config) -> Result<SkyDirection> {
    let sources = match config.center {
        Some(crate::config::Center::Target(_)) => sources_of(config)?,
        _ => Vec::new(),
    };
    among_sources(config, &sources)?.ok_or_else(|| Error::EventKey {
        path: config.path.clone(),
        key: "selection.ra and selection.dec (or selection.target)",
        what: "the centre of the region",
    })
}

/// The sources of the model, from the XML that is named or lies in the output directory, or as section `model` builds them.
pub(super) fn sources_of(config: &Config) -> Result<Vec<roi_model::Source>> {
    match model_file(config, config.first_component()?)? {
        Some(xml) => Ok(crate::load::read_model_file(config, &xml)?.1),
        None => Ok(build_region(config)?.roi.sources().to_vec()),
    }
}
