//! A session in which one source stands where it is tried.

use std::sync::Arc;

use lat_response::TrialMap;
use likelihood_core::SourceMap;
use rayon::prelude::*;
use roi_fit::{Session, TrialMaker};
use roi_model::{Source, SourceId};

use crate::error::{Error, Result};
use crate::trial::place::TrialPlace;

/// A session of its own in which one source of the model is moved and reshaped. Its map in every component is made by the routine that makes all
/// source maps, so that a likelihood does not change because a source is added anew where it was tried.
///
/// A clone may be used beside it on another thread. What is not the source is shared.
#[derive(Clone, Debug)]
pub struct TrialSession<'a> {
    session: Session,
    makers: &'a [TrialMaker],
    source: SourceId,
    place: TrialPlace,
    /// The maps at the place, with derivatives, one a component; none where nobody asked for derivatives.
    maps: Arc<Vec<TrialMap>>,
    /// The session with the derivatives beside the source, as it was last used.
    pub(super) sloped: Option<Session>,
}

impl<'a> TrialSession<'a> {
    /// A source, found by name or alias, where the model has it. `makers`: [`roi_fit::Analysis::trial_makers`].
    ///
    /// # Errors
    /// [`Error::NoMakers`] where nothing makes maps for each component; when there is no such source; [`Error::NoPlace`] for a source that is no
    /// point, disk or Gaussian; [`Error::NoNorm`]; when its map cannot be made.
    pub fn new(session: &Session, makers: &'a [TrialMaker], name: &str) -> Result<Self> {
        let place = TrialPlace::of(session.roi().source(name)?)?;
        Self::at(session, makers, name, place)
    }

    /// The same at another place from the start; the source may be of any kind then.
    ///
    /// # Errors
    /// As [`TrialSession::new`].
    pub fn at(session: &Session, makers: &'a [TrialMaker], name: &str, place: TrialPlace) -> Result<Self> {
        let mut trial = Self::unplaced(session, makers, name, place)?;
        trial.set_place(place)?;
        Ok(trial)
    }

    /// The same without derivatives, see [`TrialSession::look_at`].
    pub(crate) fn seen_at(session: &Session, makers: &'a [TrialMaker], name: &str, place: TrialPlace) -> Result<Self> {
        let mut trial = Self::unplaced(session, makers, name, place)?;
        trial.look_at(place)?;
        Ok(trial)
    }

    /// A source of a session that has its maps already, those of the place.
    pub(super) fn standing(
        session: &Session,
        makers: &'a [TrialMaker],
        source: SourceId,
        (place, maps): (TrialPlace, Arc<Vec<TrialMap>>),
    ) -> Self {
        Self { session: session.clone(), makers, source, place, maps, sloped: None }
    }

    /// The maps at the place with their derivatives, as [`TrialSession::maps`].
    pub(super) fn shared_maps(&self) -> Arc<Vec<TrialMap>> {
        Arc::clone(&self.maps)
    }

    /// The same with the maps that the session has.
    fn unplaced(session: &Session, makers: &'a [TrialMaker], name: &str, place: TrialPlace) -> Result<Self> {
        let (components, found) = (session.data().components().len(), makers.len());
        if components != found {
            return Err(Error::NoMakers { components, found });
        }
        let source = session.roi().id_of(name)?;
        let model = &session.roi()[source];
        let spectrum = model.spectrum();
        if spectrum.norm_index().is_none() || !spectrum.is_proportional_to_norm() {
            let spectrum = spectrum.type_name().to_owned();
            return Err(Error::NoNorm { source_name: model.name().to_owned(), spectrum });
        }
        Ok(Self { session: session.clone(), makers, source, place, maps: Arc::default(), sloped: None })
    }

    /// The same, evaluated on the calling thread alone: for many side by side.
    #[must_use]
    pub fn on_one_thread(mut self) -> Self {
        (self.session, self.sloped) = (self.session.on_one_thread(), None);
        self
    }

    /// The source.
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// The source as it stands, with its place.
    pub fn model(&self) -> &Source {
        &self.session.roi()[self.source]
    }

    /// Where the source stands.
    pub fn place(&self) -> TrialPlace {
        self.place
    }

    /// The model and the data, the source where it stands.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The same, to fit it or change parameters.
    pub fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    /// The maps at the place with their derivatives, one a component; none after [`TrialSession::look_at`].
    pub fn maps(&self) -> &[TrialMap] {
        &self.maps
    }

    /// The maps at the place, one a component.
    ///
    /// # Errors
    /// When one cannot be made.
    pub fn source_maps(&self) -> Result<Vec<SourceMap>> {
        if self.maps.is_empty() {
            return Ok(self.made(self.model())?);
        }
        Ok(self.maps.iter().map(|trial| trial.map.clone()).collect())
    }

    /// Makes the derivatives of the maps where they are not there.
    pub(super) fn slope(&mut self) -> Result<()> {
        if self.maps.is_empty() {
            self.maps = Arc::new(self.sloped_maps(self.model())?);
        }
        Ok(())
    }

    fn made(&self, source: &Source) -> lat_dataset::Result<Vec<SourceMap>> {
        self.makers.par_iter().map(|maker| maker.source_map(source)).collect()
    }

    fn sloped_maps(&self, source: &Source) -> lat_dataset::Result<Vec<TrialMap>> {
        self.makers.par_iter().map(|maker| maker.trial(source)).collect()
    }

    /// The same with the source elsewhere, with the derivatives of its map; this one stays.
    ///
    /// # Errors
    /// As [`TrialSession::set_place`].
    pub fn elsewhere(&self, place: TrialPlace) -> Result<Self> {
        let session = self.session.clone();
        let mut other = Self { session, maps: Arc::default(), sloped: None, ..*self };
        other.set_place(place)?;
        Ok(other)
    }

    /// The same with the source elsewhere, without derivatives; this one stays.
    pub(crate) fn seen_elsewhere(&self, place: TrialPlace) -> Result<Self> {
        let session = self.session.clone();
        let mut other = Self { session, maps: Arc::default(), sloped: None, ..*self };
        other.look_at(place)?;
        Ok(other)
    }

    /// A copy without maps of derivatives that is evaluated on the calling thread alone; what its clones share is summed.
    pub(crate) fn apart(&self) -> Result<Self> {
        let mut session = self.session.clone().on_one_thread();
        session.loglike()?;
        Ok(Self { session, maps: Arc::default(), sloped: None, ..*self })
    }

    /// Puts the source elsewhere, with the derivatives of its map.
    ///
    /// # Errors
    /// When a map cannot be made there. The source stands where it stood then.
    pub fn set_place(&mut self, place: TrialPlace) -> Result<()> {
        let source = self.model().with_spatial(place.spatial()?)?;
        let maps = self.sloped_maps(&source)?;
        let own: Vec<&SourceMap> = maps.iter().map(|trial| &trial.map).collect();
        self.session.set_source_maps(source.name(), &own)?;
        self.session.roi_mut()[self.source] = source;
        (self.place, self.maps) = (place, Arc::new(maps));
        Ok(())
    }

    /// Puts the source elsewhere without derivatives, which is quicker as long as nobody asks for them.
    ///
    /// # Errors
    /// As [`TrialSession::set_place`].
    pub fn look_at(&mut self, place: TrialPlace) -> Result<()> {
        let source = self.model().with_spatial(place.spatial()?)?;
        let maps = self.made(&source)?;
        self.session.set_source_maps(source.name(), &maps)?;
        self.session.roi_mut()[self.source] = source;
        (self.place, self.maps) = (place, Arc::default());
        Ok(())
    }
}
