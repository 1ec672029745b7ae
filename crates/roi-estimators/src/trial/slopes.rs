//! Derivatives of `logL` with respect to place and width of a source, beside those with respect to the free parameters.

use lat_response::TrialMap;
use likelihood_core::{ComponentData, DispersionMode, SourceMap};
use ndarray::Array2;
use roi_fit::Session;
use roi_model::{Roi, Source, SourceId};

use crate::error::{Error, Result};
use crate::trial::trial_session::TrialSession;

/// The share of a norm that predicts nothing: `2^-40`.
const NOTHING: f64 = 1.0 / (1u64 << 40) as f64;

/// A coordinate of a source's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Coordinate {
    /// To the east, degrees.
    East,
    /// To the north, degrees.
    North,
    /// A disk's radius or a Gaussian's sigma, degrees.
    Size,
}

impl Coordinate {
    fn of(self, map: &TrialMap) -> Option<&SourceMap> {
        match self {
            Self::East => Some(&map.east),
            Self::North => Some(&map.north),
            Self::Size => map.width.as_ref(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::East => "east",
            Self::North => "north",
            Self::Size => "size",
        }
    }
}

/// `logL` at a place, with its derivatives with respect to the free parameters, in the region's order, and then to the coordinates of the place.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceDerivatives {
    /// `logL`, priors included.
    pub loglike: f64,
    /// First derivatives. Those with respect to the coordinates are those of the maps, see [`lat_response::SourceMapBuilder::trial`]: what a map takes in
    /// steps counts as constant, and the radius of a disk is differentiated over 1 % of it.
    pub gradient: Vec<f64>,
    /// Second derivatives: exact but for those with respect to two coordinates, which lack `sum (N/M - 1) d2M`, zero in the mean at the maximum.
    /// So this block is always negative, and Newton's steps lead up.
    pub hessian: Array2<f64>,
    /// How many free parameters there are before the coordinates.
    pub n_free: usize,
}

impl PlaceDerivatives {
    /// The second derivatives with respect to two coordinates.
    pub(crate) fn block(&self) -> Array2<f64> {
        let m = self.gradient.len() - self.n_free;
        Array2::from_shape_fn((m, m), |(k, l)| self.hessian[[self.n_free + k, self.n_free + l]])
    }

    /// Puts others in their place.
    pub(crate) fn set_block(&mut self, block: &Array2<f64>) {
        for ((k, l), value) in block.indexed_iter() {
            self.hessian[[self.n_free + k, self.n_free + l]] = *value;
        }
    }
}

/// One coordinate of one source of a session.
pub(super) struct Slot<'m> {
    source: SourceId,
    coordinate: Coordinate,
    /// The derivative of its maps, one a component.
    maps: Vec<&'m SourceMap>,
}

impl<'m> Slot<'m> {
    /// A coordinate that the shape has.
    pub(super) fn new(
        session: &Session,
        source: SourceId,
        coordinate: Coordinate,
        maps: &'m [TrialMap],
    ) -> Result<Self> {
        let found: Option<Vec<&SourceMap>> = maps.iter().map(|map| coordinate.of(map)).collect();
        let model = &session.roi()[source];
        let maps = found.filter(|maps| !maps.is_empty()).ok_or_else(|| Error::NoPlace {
            source_name: model.name().to_owned(),
            spatial: model.spatial().type_name().to_owned(),
        })?;
        Ok(Self { source, coordinate, maps })
    }
}

impl TrialSession<'_> {
    /// The derivatives at the place and the values of the free parameters.
    ///
    /// Beside the source stands another one for each coordinate, with the derivative of its map and the source's own spectrum, its norm `2^-40` of the source's:
    /// it predicts nothing. The derivative of `logL` with respect to that norm, times the source's norm, is the one with respect to the
    /// coordinate: `d logL/da = sum (N/M - 1) dM/da`. With energy dispersion too; where that rescales counts, which has thresholds, the norm is the source's, and a third
    /// source with the negative map takes away what the second predicts.
    ///
    /// # Errors
    /// When the likelihood cannot be evaluated, or a coordinate is asked for that the shape does not have.
    pub fn derivatives(&mut self, coordinates: &[Coordinate]) -> Result<PlaceDerivatives> {
        if !coordinates.is_empty() {
            self.slope()?;
        }
        let room = self.sloped.take();
        let slot = |coordinate: &Coordinate| Slot::new(self.session(), self.source(), *coordinate, self.maps());
        let slots = coordinates.iter().map(slot).collect::<Result<Vec<_>>>()?;
        let (found, room) = derivatives_along(self.session(), room, &slots)?;
        self.sloped = Some(room);
        Ok(found)
    }
}

/// The derivatives of a session along coordinates of its sources, see [`TrialSession::derivatives`], and the session with what stood beside the sources. `room`: such a
/// session that is no longer needed.
pub(super) fn derivatives_along(
    session: &Session,
    room: Option<Session>,
    slots: &[Slot<'_>],
) -> Result<(PlaceDerivatives, Session)> {
    let mut sloped = room.unwrap_or_else(|| session.clone());
    sloped.share_data(session);
    let mut roi = session.roi().clone();
    let share = share(session);
    for slot in slots {
        let source = &session.roi()[slot.source];
        let plus = beside(source, slot.coordinate, Sign::Plus, share)?;
        sloped.set_slope_maps(plus.name(), source.name(), &slot.maps)?;
        roi.add_source(plus)?;
        if share == 1.0 {
            let negative = slot.maps.iter().map(|map| SourceMap::new(map.planes().mapv(|value| -value)));
            let negative = negative.collect::<likelihood_core::Result<Vec<_>>>()?;
            let minus = beside(source, slot.coordinate, Sign::Minus, share)?;
            sloped.set_slope_maps(minus.name(), source.name(), &negative)?;
            roi.add_source(minus)?;
        }
    }
    *sloped.roi_mut() = roi;
    let found = read(session, &mut sloped, (slots, share))?;
    Ok((found, sloped))
}

/// The norm of what stands beside a source, in norms of the source: next to nothing, or 1 where that would not be the same but for a factor.
fn share(session: &Session) -> f64 {
    let is_rescaled =
        |data: &ComponentData| data.dispersion().is_some_and(|own| own.mode() == DispersionMode::Rescaling);
    if session.data().components().iter().any(is_rescaled) { 1.0 } else { NOTHING }
}

/// A source beside a source, its norm a share of that one's.
fn beside(source: &Source, coordinate: Coordinate, sign: Sign, share: f64) -> Result<Source> {
    let mut spectrum = source.spectrum().clone();
    let norm = spectrum.norm_index();
    for (index, parameter) in spectrum.parameters_mut().iter_mut().enumerate() {
        let is_free = parameter.is_free() || norm == Some(index);
        parameter.set_free(is_free && sign == Sign::Plus);
        parameter.set_prior(None);
        if norm == Some(index) && share != 1.0 {
            parameter.set_bounds(0.0, 0.0)?;
            parameter.set_value(share * parameter.value())?;
        }
    }
    let kind = source.source_type();
    let mut beside =
        Source::new(name_beside(source.name(), coordinate, sign), kind, spectrum, source.spatial().clone())?;
    beside.set_apply_edisp(source.apply_edisp());
    Ok(beside)
}

/// Takes the derivatives from those of the session with all sources.
fn read(session: &Session, sloped: &mut Session, (slots, share): (&[Slot<'_>], f64)) -> Result<PlaceDerivatives> {
    let all = sloped.derivatives()?;
    let rows = Rows::new(sloped.roi());
    let free = session.roi().free_parameters();
    let (n, m) = (free.len(), slots.len());
    let own = rows.of_sources();
    if own.len() != n {
        return Err(Error::Internal { what: "derivatives that are not those of the free parameters" });
    }
    let mut gradient: Vec<f64> = own.iter().map(|&row| all.gradient[row]).collect();
    let mut hessian = Array2::zeros((n + m, n + m));
    for (i, &row) in own.iter().enumerate() {
        for (j, &other) in own.iter().enumerate() {
            hessian[[i, j]] = all.hessian[[row, other]];
        }
    }
    let places = slots.iter().map(|slot| Place::new(session, slot, &rows)).collect::<Result<Vec<_>>>()?;
    for (a, place) in places.iter().enumerate() {
        let (value, row) = (place.value, place.row);
        gradient.push(value * all.gradient[row]);
        for (b, other) in places.iter().enumerate() {
            hessian[[n + a, n + b]] = value * other.value * all.hessian[[row, other.row]];
        }
        for (i, id) in free.iter().enumerate() {
            let mut mixed = value * all.hessian[[row, own[i]]];
            if id.source == place.source {
                // The derivative's own dependence on the spectrum: of the norm it is the same for any norm, of the shape it goes with it.
                let own = all.gradient[rows.of(&place.name, id.parameter)?];
                mixed += if id.parameter == place.norm { own } else { own / share };
            }
            (hessian[[n + a, i]], hessian[[i, n + a]]) = (mixed, mixed);
        }
    }
    Ok(PlaceDerivatives { loglike: all.loglike, gradient, hessian, n_free: n })
}

/// Where the derivative along a coordinate is found.
struct Place {
    source: SourceId,
    /// The name of what stands beside the source.
    name: String,
    /// The norm's place among the parameters.
    norm: usize,
    /// The norm of the source.
    value: f64,
    /// The row of that norm.
    row: usize,
}

impl Place {
    fn new(session: &Session, slot: &Slot<'_>, rows: &Rows<'_>) -> Result<Self> {
        let source = &session.roi()[slot.source];
        let norm = source.spectrum().norm_index().ok_or_else(|| Error::NoNorm {
            source_name: source.name().to_owned(),
            spectrum: source.spectrum().type_name().to_owned(),
        })?;
        let value = source.spectrum().parameters()[norm].value();
        let name = name_beside(source.name(), slot.coordinate, Sign::Plus);
        Ok(Self { source: slot.source, row: rows.of(&name, norm)?, name, norm, value })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Plus,
    Minus,
}

/// What the names of sources have that stand beside others. No model has such names: control characters cannot stand in XML.
const BESIDE: char = '\u{1}';

fn name_beside(source: &str, coordinate: Coordinate, sign: Sign) -> String {
    let sign = match sign {
        Sign::Plus => '+',
        Sign::Minus => '-',
    };
    format!("{source}{BESIDE}{}{sign}", coordinate.name())
}

/// The places of free parameters among all of a region.
struct Rows<'a> {
    roi: &'a Roi,
    free: Vec<roi_model::ParameterId>,
}

impl<'a> Rows<'a> {
    fn new(roi: &'a Roi) -> Self {
        Self { roi, free: roi.free_parameters() }
    }

    /// Those of the region's own sources, in its order.
    fn of_sources(&self) -> Vec<usize> {
        let is_own = |id: &roi_model::ParameterId| !self.roi[id.source].name().contains(BESIDE);
        self.free.iter().enumerate().filter(|(_, id)| is_own(id)).map(|(row, _)| row).collect()
    }

    fn of(&self, source: &str, parameter: usize) -> Result<usize> {
        let is_it = |id: &roi_model::ParameterId| id.parameter == parameter && self.roi[id.source].name() == source;
        self.free.iter().position(is_it).ok_or(Error::Internal { what: "a derivative without its parameter" })
    }
}
