//! What a caller may watch while a fit or an optimisation runs, and how it stops one.

use std::ops::ControlFlow;

use likelihood_core::StopSignal;

/// A moment of a running analysis.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// An iteration of a minimiser.
    Iteration {
        /// The algorithm.
        algorithm: &'static str,
        /// Its iteration, from 0.
        iteration: usize,
        /// `logL` so far.
        log_likelihood: f64,
        /// Estimated vertical distance to the minimum.
        edm: f64,
    },
    /// `optimize` is about to fit.
    SubFit {
        /// Step 1, 2 or 3 of the documented sequence.
        step: u8,
        /// The sources that the fit frees.
        sources: Vec<String>,
        /// How many fits of the step are done.
        done: usize,
        /// How many fits the step has at most.
        total: usize,
        /// `logL` so far.
        log_likelihood: f64,
    },
    /// A product is about to be made from event files.
    Product {
        /// The component.
        component: String,
        /// The first part of its file's name: `ft1`, `ltcube`, `ccube`, `bexpmap`, `bexpmap_roi`.
        product: &'static str,
        /// How many are done.
        done: usize,
        /// How many are to be made.
        total: usize,
        /// About how many bytes it will have.
        bytes: u64,
    },
    /// A part of some event files has been read.
    Reading {
        /// What for: the product and its component, or the file itself where its digest is taken.
        what: String,
        /// Bytes that were read.
        read: u64,
        /// Bytes that are read in all, about.
        bytes: u64,
    },
    /// A source map that no file held has been made.
    SourceMap {
        /// The component.
        component: String,
        /// The source.
        source: String,
        /// How many are done.
        done: usize,
        /// How many are to be made.
        total: usize,
    },
    /// The properties of a source (TS, fluxes) are about to be computed.
    Update {
        /// The source.
        source: String,
        /// How many are done.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// A part of a map of the sky is about to be computed.
    SkyMap {
        /// The map, as its verb is called.
        map: &'static str,
        /// How many pixels are done.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// A part of what an estimator does for a source, or for several, is about to be done: a width of `extension`, a source of `localize`.
    Estimate {
        /// The estimator, as its verb is called.
        verb: &'static str,
        /// The source.
        source: String,
        /// How many parts are done.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// Some toys are about to be drawn and fitted.
    Toys {
        /// The source.
        source: String,
        /// Its norm that is tested, the scale not applied.
        norm: f64,
        /// How many values were tested before.
        tested: usize,
        /// How many toys of this one are done.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// A new source is about to be tried at a peak of a map.
    Peak {
        /// The number of the map, from 0.
        iteration: usize,
        /// The root of its TS on the map.
        sqrt_ts: f64,
        /// How many sources were found until now.
        found: usize,
    },
}

/// A watcher. It is called between evaluations, never inside one.
pub trait Progress: Send {
    /// Sees an event; `ControlFlow::Break` asks the analysis to stop (a fit that is stopped counts as failed and restores).
    fn event(&mut self, event: &Event) -> ControlFlow<()>;

    /// Asked between evaluations; `true` stops likewise, without waiting for the next event.
    fn is_cancelled(&self) -> bool {
        false
    }

    /// What can be asked from other threads, in the middle of an evaluation, whether [`is_cancelled`](Self::is_cancelled) would say so; nothing by
    /// default.
    fn stop_signal(&self) -> StopSignal {
        StopSignal::default()
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn event(&mut self, _event: &Event) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
