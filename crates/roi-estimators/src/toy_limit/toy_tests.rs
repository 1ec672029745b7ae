//! Tests of a norm by toys: at a value, counts are drawn from the model there and fitted as the data were.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
use rayon::prelude::*;
use roi_fit::{Event, ExpectedCounts, Progress, Session, ToyMaker, climb};

use crate::curve::session_curve::is_impossible;
use crate::error::{Error, Result};
use crate::toy_limit::inversion::{Level, ToyTest};
use crate::toy_limit::observed::{AtValue, Observed, best_fit};
use crate::toy_limit::toy_limit_result::{TestedNorm, ToyShare};

/// Statistics that differ by less are equal: what the fits leave, with counts that are drawn again as they were observed.
const EQUAL: f64 = 1e-6;
/// Toys between two looks at the watcher, for each thread.
const PART: usize = 16;

/// The tests, each of which is made once.
pub(crate) struct ToyTests<'a> {
    pub(crate) observed: Observed,
    maker: &'a ToyMaker,
    name: String,
    /// Of the toys with the source, and of those without: the same at every value, so that shares at two values differ by little noise.
    seeds: Vec<u64>,
    seeds_without: Vec<u64>,
    progress: &'a mut dyn Progress,
    /// In the order in which they were made.
    pub(crate) tested: Vec<TestedNorm>,
}

impl<'a> ToyTests<'a> {
    pub(crate) fn new(
        observed: Observed,
        maker: &'a ToyMaker,
        name: String,
        (seed, toys): (u64, usize),
        progress: &'a mut dyn Progress,
    ) -> Self {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut seeds = || (0..toys).map(|_| generator.next_u64()).collect();
        let (seeds, seeds_without) = (seeds(), seeds());
        Self { observed, maker, name, seeds, seeds_without, progress, tested: Vec::new() }
    }

    /// The test of a value.
    pub(crate) fn with_source(&mut self, norm: f64) -> Result<TestedNorm> {
        if let Some(known) = self.tested.iter().find(|tested| tested.norm.to_bits() == norm.to_bits()) {
            return Ok(known.clone());
        }
        let at = self.observed.at(norm)?;
        let expected = self.maker.expected(&at.roi)?;
        let seeds = std::mem::take(&mut self.seeds);
        let with = self.share(&at, norm, (&expected, &seeds));
        self.seeds = seeds;
        let tested = TestedNorm { norm, statistic: at.statistic, with: with?, without: None };
        self.tested.push(tested.clone());
        Ok(tested)
    }

    /// The test of a value, with toys without the source beside it.
    pub(crate) fn both(&mut self, norm: f64) -> Result<TestedNorm> {
        let tested = self.with_source(norm)?;
        if tested.without.is_some() {
            return Ok(tested);
        }
        let (at, none) = (self.observed.at(norm)?, self.observed.at(0.0)?);
        let expected = self.maker.expected(&none.roi)?;
        let seeds = std::mem::take(&mut self.seeds_without);
        let without = self.share(&at, norm, (&expected, &seeds));
        self.seeds_without = seeds;
        let tested = TestedNorm { without: Some(without?), ..tested };
        self.tested.retain(|other| other.norm.to_bits() != norm.to_bits());
        self.tested.push(tested.clone());
        Ok(tested)
    }

    /// How many toys of this expectation lie at least as far out as the data.
    fn share(&mut self, at: &AtValue, norm: f64, (expected, seeds): (&ExpectedCounts, &[u64])) -> Result<ToyShare> {
        let mut share = ToyShare { toys: seeds.len(), ..ToyShare::default() };
        let toys = Toys { at, norm, maker: self.maker, expected, observed: &self.observed };
        for (part, seeds) in seeds.chunks(PART * rayon::current_num_threads()).enumerate() {
            let done = part * PART * rayon::current_num_threads();
            let (source, tested) = (self.name.clone(), self.tested.len());
            let event = Event::Toys { source, norm, tested, done, total: share.toys };
            if self.progress.event(&event).is_break() || self.progress.is_cancelled() {
                return Err(Error::Stopped);
            }
            // All of them first: the error is that of the first toy, for any number of threads.
            let found: Vec<Result<Option<f64>>> = seeds.par_iter().map(|&seed| toys.statistic(seed)).collect();
            for statistic in found {
                match statistic? {
                    Some(statistic) => share.beyond += usize::from(statistic >= at.statistic - EQUAL),
                    None => share.failed += 1,
                }
            }
        }
        if share.failed == share.toys {
            return Err(Error::NoToyFitted { source_name: self.name.clone(), norm, toys: share.toys });
        }
        Ok(share)
    }
}

/// What toys are made of and fitted with.
struct Toys<'a> {
    /// Where their fits begin.
    at: &'a AtValue,
    norm: f64,
    maker: &'a ToyMaker,
    expected: &'a ExpectedCounts,
    observed: &'a Observed,
}

impl Toys<'_> {
    /// The statistic of a toy; `None` where its fits did not come to a maximum.
    fn statistic(&self, seed: u64) -> Result<Option<f64>> {
        let data = self.maker.draw(self.expected, seed)?;
        match self.fitted(Session::new(self.at.roi.clone(), data).on_one_thread()) {
            Ok(statistic) => Ok(statistic),
            // What these counts do not allow is a failure of this toy.
            Err(error) if is_impossible(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// `2 (logL at the maximum - logL at the value)`, 0 where the maximum lies above the value.
    fn fitted(&self, mut toy: Session) -> roi_fit::Result<Option<f64>> {
        let id = self.observed.id;
        let held = climb(&mut toy, Some(id))?;
        let Some(best) = best_fit(&mut toy, id)?.filter(|_| held.is_converged) else { return Ok(None) };
        let is_above = toy.roi().parameter(id)?.value() > self.norm;
        Ok(Some(if is_above { 0.0 } else { 2.0 * (best - held.loglike).max(0.0) }))
    }
}

/// The limit of the confidence level.
pub(crate) struct Plain<'a, 'b>(pub(crate) &'a mut ToyTests<'b>);

impl ToyTest for Plain<'_, '_> {
    fn level(&mut self, value: f64) -> Result<Level> {
        Ok(self.0.with_source(value)?.with.level())
    }
}

/// The limit by CLs.
pub(crate) struct Cls<'a, 'b>(pub(crate) &'a mut ToyTests<'b>);

impl ToyTest for Cls<'_, '_> {
    fn level(&mut self, value: f64) -> Result<Level> {
        let tested = self.0.both(value)?;
        let with = tested.with.level();
        Ok(tested.without.map_or(with, |without| with.over(without.level())))
    }
}
