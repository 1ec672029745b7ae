//! Derivatives of `logL` with respect to place and width of a source, beside those with respect to the free parameters.

use lat_response::TrialMap;
use likelihood_core::SourceMap;
use ndarray::Array2;
use roi_fit::Session;
use roi_model::{Roi, Source};

use crate::error::{Error, Result};
use crate::trial::trial_session::TrialSession;

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
    /// steps counts as constant, and the size of a shape is differentiated over 1 % of it.
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

impl TrialSession<'_> {
    /// The derivatives at the place and the values of the free parameters.
    ///
    /// Beside the source stand two more for each coordinate, with the derivative of its map and the source's own spectrum, one with either sign. They
    /// predict nothing together. The derivative of `logL` with respect to the norm of one of them, times that norm, is the one with respect to the
    /// coordinate: `d logL/da = sum (N/M - 1) dM/da`. With energy dispersion too.
    ///
    /// # Errors
    /// When the likelihood cannot be evaluated, or a coordinate is asked for that the shape does not have.
    pub fn derivatives(&mut self, coordinates: &[Coordinate]) -> Result<PlaceDerivatives> {
        let mut sloped = match self.sloped.take() {
            Some(session) => session,
            None => self.session().clone(),
        };
        let name = self.model().name().to_owned();
        let own: Vec<SourceMap> = self.maps().iter().map(|map| map.map.clone()).collect();
        sloped.set_source_maps(&name, &own)?;
        let mut roi = self.session().roi().clone();
        for &coordinate in coordinates {
            let maps: Option<Vec<&SourceMap>> = self.maps().iter().map(|map| coordinate.of(map)).collect();
            let maps = maps.filter(|maps| !maps.is_empty()).ok_or_else(|| Error::NoPlace {
                source_name: name.clone(),
                spatial: self.model().spatial().type_name().to_owned(),
            })?;
            let negative = maps.iter().map(|map| SourceMap::new(map.planes().mapv(|value| -value)));
            let negative = negative.collect::<likelihood_core::Result<Vec<_>>>()?;
            let positive: Vec<SourceMap> = maps.into_iter().cloned().collect();
            for (sign, maps) in [(Sign::Plus, positive), (Sign::Minus, negative)] {
                let beside = self.beside(coordinate, sign)?;
                sloped.set_slope_maps(beside.name(), &name, &maps)?;
                roi.add_source(beside)?;
            }
        }
        *sloped.roi_mut() = roi;
        let found = self.read(&mut sloped, coordinates);
        self.sloped = Some(sloped);
        found
    }

    /// A source beside the source.
    fn beside(&self, coordinate: Coordinate, sign: Sign) -> Result<Source> {
        let source = self.model();
        let mut spectrum = source.spectrum().clone();
        let norm = spectrum.norm_index();
        for (index, parameter) in spectrum.parameters_mut().iter_mut().enumerate() {
            let is_free = parameter.is_free() || norm == Some(index);
            parameter.set_free(is_free && sign == Sign::Plus);
            parameter.set_prior(None);
        }
        let kind = source.source_type();
        let mut beside =
            Source::new(name_beside(source.name(), coordinate, sign), kind, spectrum, source.spatial().clone())?;
        beside.set_apply_edisp(source.apply_edisp());
        Ok(beside)
    }

    /// Takes the derivatives from those of the session with all sources.
    fn read(&self, sloped: &mut Session, coordinates: &[Coordinate]) -> Result<PlaceDerivatives> {
        let all = sloped.derivatives()?;
        let source = self.model();
        let norm = source.spectrum().norm_index().ok_or_else(|| Error::NoNorm {
            source_name: source.name().to_owned(),
            spectrum: source.spectrum().type_name().to_owned(),
        })?;
        let value = source.spectrum().parameters()[norm].value();
        let rows = Rows::new(sloped.roi());
        let free = self.session().roi().free_parameters();
        let own = |id: roi_model::ParameterId| rows.of(self.session().roi()[id.source].name(), id.parameter);
        let own: Vec<usize> = free.iter().map(|id| own(*id)).collect::<Result<_>>()?;
        let beside = |coordinate: &Coordinate, parameter: usize| {
            rows.of(&name_beside(source.name(), *coordinate, Sign::Plus), parameter)
        };
        let (n, m) = (free.len(), coordinates.len());
        let mut gradient: Vec<f64> = own.iter().map(|row| all.gradient[*row]).collect();
        let mut hessian = Array2::zeros((n + m, n + m));
        for i in 0..n {
            for j in 0..n {
                hessian[[i, j]] = all.hessian[[own[i], own[j]]];
            }
        }
        let places: Vec<usize> = coordinates.iter().map(|c| beside(c, norm)).collect::<Result<_>>()?;
        for (a, (coordinate, &row)) in coordinates.iter().zip(&places).enumerate() {
            gradient.push(value * all.gradient[row]);
            for (b, &other) in places.iter().enumerate() {
                hessian[[n + a, n + b]] = value * value * all.hessian[[row, other]];
            }
            for (i, id) in free.iter().enumerate() {
                let mut mixed = value * all.hessian[[row, own[i]]];
                if id.source == self.source() {
                    // The derivative's own dependence on the spectrum.
                    mixed += all.gradient[beside(coordinate, id.parameter)?];
                }
                (hessian[[n + a, i]], hessian[[i, n + a]]) = (mixed, mixed);
            }
        }
        Ok(PlaceDerivatives { loglike: all.loglike, gradient, hessian, n_free: n })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Plus,
    Minus,
}

fn name_beside(source: &str, coordinate: Coordinate, sign: Sign) -> String {
    let sign = match sign {
        Sign::Plus => '+',
        Sign::Minus => '-',
    };
    // No model has such names: control characters cannot stand in XML.
    format!("{source}\u{1}{}{sign}", coordinate.name())
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

    fn of(&self, source: &str, parameter: usize) -> Result<usize> {
        let is_it = |id: &roi_model::ParameterId| id.parameter == parameter && self.roi[id.source].name() == source;
        self.free.iter().position(is_it).ok_or(Error::Internal { what: "a derivative without its parameter" })
    }
}
