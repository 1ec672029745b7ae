//! Times of photons near a place: what adaptive time bins are made from.

use lat_dataset::TrialMaker;
use lat_events::{EnergyBinning, GoodTimes, PhotonFiles, Selection, pixel_of};
use lat_io::Photon;
use roi_model::SkyDirection;

use crate::analysis::Analysis;
use crate::error::{Error, Result};

impl Analysis {
    /// Begin of the first and end of the last good time of the selected photons of all components, s of mission time: what time bins are cut from.
    ///
    /// # Errors
    /// For an analysis that was not opened from a configuration, one without a file of selected photons, and files that cannot be read.
    pub fn observation_times(&self) -> Result<(f64, f64)> {
        self.opened.config.as_ref().ok_or(Error::NoFiles { what: "a photon" })?;
        let mut all = GoodTimes::default();
        for maker in self.trial_makers() {
            all = all.union(&self.selected_photons(maker)?.good_times());
        }
        let none = || lat_events::Error::NoGoodTime { reason: "the selected photons have no good time".into() };
        Ok(all.span().ok_or_else(none)?)
    }

    /// The times, s of mission time and in order, of the photons nearer than `radius` degrees to a direction whose energies lie within those of the counts, all
    /// components together. The times between them are what Bayesian blocks and bins of equal significance are made from. Memory: 8 bytes a photon.
    ///
    /// # Errors
    /// As [`Analysis::observation_times`].
    pub fn photon_times(&self, center: &SkyDirection, radius: f64) -> Result<Vec<f64>> {
        self.opened.config.as_ref().ok_or(Error::NoFiles { what: "a photon" })?;
        let mut times = Vec::new();
        for maker in self.trial_makers() {
            self.photons_near(maker, (center, radius), |photon, _| times.push(photon.time))?;
        }
        times.sort_by(f64::total_cmp);
        Ok(times)
    }

    /// As [`Analysis::photon_times`] around a source, each photon with the probability that it came from the source by the model as it stands
    /// ([`Analysis::source_probabilities`]), and in the pixels of the counts alone. At the maximum of the likelihood the probabilities of all photons of a
    /// source whose norm is free add up to its predicted counts.
    ///
    /// # Errors
    /// As [`Analysis::observation_times`]; for a source that is not in the model or has no place.
    pub fn photon_probabilities(&self, source: &str, radius: f64) -> Result<Vec<(f64, f64)>> {
        let source = self.session.roi.source(source)?;
        let expected = "a source with a place";
        let no_place = || Error::Option { option: "source", found: source.name().to_owned(), expected };
        let center = source.direction().ok_or_else(no_place)?;
        let mut found = Vec::new();
        for (maker, data) in self.trial_makers().iter().zip(self.session.data.components()) {
            let own = data.filled_model(source)?;
            let mut total = vec![0.0; own.len()];
            for other in self.session.roi.sources() {
                total.iter_mut().zip(data.filled_model(other)?).for_each(|(sum, counts)| *sum += counts);
            }
            self.photons_near(maker, (&center, radius), |photon, bin| {
                let filled = pixel_of(maker.grid(), photon).and_then(|pixel| data.filled_bin(bin, pixel));
                let counts = filled.and_then(|filled| own.get(filled).zip(total.get(filled)));
                if let Some((own, total)) = counts.filter(|(_, total)| **total > 0.0) {
                    found.push((photon.time, own / total));
                }
            })?;
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(found)
    }

    fn selected_photons(&self, maker: &TrialMaker) -> Result<PhotonFiles> {
        let config = self.opened.config.as_ref().ok_or(Error::NoFiles { what: "a photon" })?;
        Ok(PhotonFiles::open(&[lat_dataset::selected_photons(config, maker.component())?])?)
    }

    /// Hands over the photons near a direction with their bins of energy.
    fn photons_near(
        &self,
        maker: &TrialMaker,
        (center, radius): (&SkyDirection, f64),
        mut take: impl FnMut(&Photon, usize),
    ) -> Result<()> {
        if !(radius > 0.0 && radius <= 180.0) {
            let expected = "a radius above 0 and up to 180 degrees";
            return Err(Error::Option { option: "radius", found: radius.to_string(), expected });
        }
        let energies = EnergyBinning::counted(maker.axis())?;
        let stop = self.progress.stop_signal();
        Selection::all(&self.selected_photons(maker)?).for_each(|photon| {
            if stop.is_up() {
                return Err(likelihood_core::Error::Stopped.into());
            }
            let Some(bin) = energies.bin(photon.energy) else { return Ok(()) };
            if SkyDirection::new(photon.ra, photon.dec)?.separation(center) < radius {
                take(photon, bin);
            }
            Ok::<(), Error>(())
        })
    }
}
