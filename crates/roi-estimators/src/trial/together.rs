//! Several sources of a session that are moved together.

use std::sync::Arc;

use lat_response::TrialMap;
use likelihood_core::SourceMap;
use rayon::prelude::*;
use roi_fit::{Session, TrialMaker};
use roi_model::{SkyDirection, SourceId};

use crate::error::Result;
use crate::trial::place::TrialPlace;
use crate::trial::settle::{Moving, with_curvature};
use crate::trial::slopes::{Coordinate, PlaceDerivatives, Slot, derivatives_along};
use crate::trial::trial_session::TrialSession;

/// The two coordinates of a position.
pub(crate) const POSITION: [Coordinate; 2] = [Coordinate::East, Coordinate::North];

/// A source that is moved.
#[derive(Clone)]
pub(crate) struct Mover {
    pub(crate) source: SourceId,
    /// Where the model has it.
    pub(crate) start: SkyDirection,
    pub(crate) place: TrialPlace,
    maps: Arc<Vec<TrialMap>>,
}

impl Mover {
    /// Its maps where it stands, one a component.
    pub(crate) fn source_maps(&self) -> Vec<SourceMap> {
        self.maps.iter().map(|trial| trial.map.clone()).collect()
    }
}

/// A session of its own in which several sources are moved: two coordinates each, in the order of the sources.
pub(crate) struct Together<'a> {
    session: Session,
    makers: &'a [TrialMaker],
    pub(crate) movers: Vec<Mover>,
    /// How far each may go from where it was, degrees.
    reach: f64,
    room: Option<Session>,
}

impl<'a> Together<'a> {
    /// Sources by name or alias; each once.
    ///
    /// # Errors
    /// As [`TrialSession::new`], and what `check` refuses.
    pub(crate) fn new(
        session: &Session,
        makers: &'a [TrialMaker],
        names: &[String],
        reach: f64,
        check: impl Fn(&TrialSession<'_>) -> Result<()>,
    ) -> Result<Self> {
        let mut together = Self { session: session.clone(), makers, movers: Vec::new(), reach, room: None };
        for name in names {
            let trial = TrialSession::new(&together.session, makers, name)?;
            check(&trial)?;
            let (source, place) = (trial.source(), trial.place());
            if together.movers.iter().all(|mover| mover.source != source) {
                let maps = trial.shared_maps();
                together.movers.push(Mover { source, start: place.direction, place, maps });
                together.session = trial.session().clone();
            }
        }
        Ok(together)
    }

    /// The derivatives where all stand with all second derivatives, and by how much `logL` is higher half an error away from where one stands.
    pub(crate) fn peak(&mut self) -> Result<(PlaceDerivatives, f64)> {
        let (mut at, mut higher) = (self.slopes()?, 0.0f64);
        for (index, mover) in self.movers.iter().enumerate() {
            let (place, maps) = (mover.place, Arc::clone(&mover.maps));
            let mut alone = TrialSession::standing(&self.session, self.makers, mover.source, (place, maps));
            let peak = with_curvature(&mut alone, &POSITION)?;
            higher = higher.max(peak.higher);
            // Those with respect to coordinates of two sources are exact: no map depends on both.
            let first = at.n_free + 2 * index;
            for ((k, l), value) in peak.at.block().indexed_iter() {
                at.hessian[[first + k, first + l]] = *value;
            }
        }
        Ok((at, higher))
    }
}

impl Moving for Together<'_> {
    fn session(&self) -> &Session {
        &self.session
    }

    fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    fn slopes(&mut self) -> Result<PlaceDerivatives> {
        let mut slots = Vec::with_capacity(2 * self.movers.len());
        for mover in &self.movers {
            for coordinate in POSITION {
                slots.push(Slot::new(&self.session, mover.source, coordinate, &mover.maps)?);
            }
        }
        let (found, room) = derivatives_along(&self.session, self.room.take(), &slots)?;
        self.room = Some(room);
        Ok(found)
    }

    fn curved(&mut self) -> Result<PlaceDerivatives> {
        Ok(self.peak()?.0)
    }

    fn length(&self, by: &[f64]) -> f64 {
        by.chunks(2).map(|by| by.iter().map(|x| x * x).sum::<f64>().sqrt()).fold(0.0, f64::max)
    }

    fn is_within(&self, by: &[f64]) -> Result<bool> {
        for (mover, by) in self.movers.iter().zip(by.chunks_exact(2)) {
            if mover.start.separation(&mover.place.direction.moved(by[0], by[1])?) > self.reach {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn moved(&self, by: &[f64]) -> Result<Option<Self>> {
        let moved = |(mover, by): (&Mover, &[f64])| -> Result<_> {
            let place = mover.place.moved(by[0], by[1])?;
            let source = self.session.roi()[mover.source].with_spatial(place.spatial()?)?;
            let maps: Vec<TrialMap> =
                self.makers.par_iter().map(|maker| maker.trial(&source)).collect::<lat_dataset::Result<_>>()?;
            Ok((Mover { place, maps: Arc::new(maps), ..mover.clone() }, source))
        };
        // All of them first: the error is that of the first source, for any number of threads.
        let made: Vec<Result<_>> = self.movers.par_iter().zip(by.par_chunks_exact(2)).map(moved).collect();
        let made: Vec<_> = made.into_iter().collect::<Result<_>>()?;
        let (mut session, mut movers) = (self.session.clone(), Vec::with_capacity(made.len()));
        for (mover, source) in made {
            let own: Vec<&SourceMap> = mover.maps.iter().map(|trial| &trial.map).collect();
            session.set_source_maps(source.name(), &own)?;
            session.roi_mut()[mover.source] = source;
            movers.push(mover);
        }
        Ok(Some(Self { session, movers, room: None, ..*self }))
    }

    fn take_room(&mut self, from: &mut Self) {
        self.room = from.room.take();
    }
}
