//! Progress on the terminal: step, source and logL of one region, or the count of many.

use std::ops::ControlFlow;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use roi_fit::{Event, Progress};

/// A line that follows a fit or an optimisation.
pub(crate) struct Bar {
    line: ProgressBar,
    /// What is being done, to which the iterations add their part.
    doing: String,
}

impl Bar {
    pub(crate) fn new() -> Self {
        let line = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            line.set_style(style);
        }
        Self { line, doing: "fit".into() }
    }
}

impl Progress for Bar {
    fn event(&mut self, event: &Event) -> ControlFlow<()> {
        match event {
            Event::SubFit { step, sources, done, total, log_likelihood } => {
                let name = match &sources[..] {
                    [only] => only.clone(),
                    all => format!("{} components jointly", all.len()),
                };
                self.doing = format!("step {step} ({}/{total}) {name}", done + 1);
                self.line.set_message(format!("{}  logL {log_likelihood:.3}", self.doing));
            }
            Event::Iteration { algorithm, iteration, log_likelihood, edm } => {
                let message =
                    format!("{}  {algorithm} {iteration}  logL {log_likelihood:.3}  edm {edm:.1e}", self.doing);
                self.line.set_message(message);
            }
            Event::Product { component, product, done, total, bytes } => {
                let size = HumanBytes(*bytes);
                self.line.set_message(format!("component {component}: {product} ({}/{total}), about {size}", done + 1));
            }
            Event::SourceMap { component, source, done, total } => {
                self.line.set_message(format!("component {component}: source maps ({done}/{total}) {source}"));
            }
            Event::Update { source, done, total } => {
                self.line.set_message(format!("{}  TS and fluxes ({}/{total}) {source}", self.doing, done + 1));
            }
            _ => {}
        }
        self.line.tick();
        ControlFlow::Continue(())
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.line.finish_and_clear();
    }
}

/// A bar that counts the regions of a batch.
pub(crate) struct CountBar {
    bar: ProgressBar,
    failures: usize,
    has_begun: bool,
}

impl CountBar {
    pub(crate) fn new(total: usize) -> Self {
        let bar = ProgressBar::new(total as u64);
        if let Ok(style) = ProgressStyle::with_template("{elapsed} [{bar:30}] {pos}/{len}  {msg}  ETA {eta}") {
            bar.set_style(style);
        }
        bar.set_message("0 not well");
        bar.tick();
        Self { bar, failures: 0, has_begun: false }
    }

    /// A region ended; `tell` writes about it above the bar.
    pub(crate) fn ended(&mut self, is_failure: bool, done: usize, total: usize, tell: impl FnOnce()) {
        if !self.has_begun {
            // What an earlier run did took none of this one's time.
            self.has_begun = true;
            self.bar.set_length(total as u64);
            self.bar.set_position(done as u64 - 1);
            if done > 1 {
                self.bar.reset_eta();
            }
        }
        self.failures += usize::from(is_failure);
        self.bar.set_message(format!("{} not well", self.failures));
        self.bar.suspend(tell);
        self.bar.set_position(done as u64);
    }
}

impl Drop for CountBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
