//! Progress on the terminal: step, source and logL of one region, or the count of many.

use std::ops::ControlFlow;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};
use roi_fit::{Event, Progress, StopSignal};

/// The lines of progress at the foot of the terminal.
static LINES: OnceLock<MultiProgress> = OnceLock::new();

/// Whether something was printed since the last event: what was being done is over then.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// Takes the lines of progress away, so that text can be written; they come back with the next event.
pub(crate) fn clear() {
    if let Some(lines) = LINES.get() {
        // A terminal that cannot be written to shows nothing anyway.
        let _ = lines.clear();
    }
}

/// As [`clear`], at the end of a step.
pub(crate) fn step_is_over() {
    IS_OVER.store(true, Ordering::Relaxed);
    clear();
}

fn shown(line: ProgressBar) -> ProgressBar {
    LINES.get_or_init(MultiProgress::new).add(line)
}

/// Watches an analysis: shows its progress where there is somebody to see it, and stops it at a signal.
pub(crate) struct Watch {
    bar: Option<Bar>,
}

impl Watch {
    pub(crate) fn new(shows_progress: bool) -> Self {
        Self { bar: shows_progress.then(Bar::new) }
    }
}

impl Progress for Watch {
    fn event(&mut self, event: &Event) -> ControlFlow<()> {
        if let Some(bar) = &mut self.bar {
            bar.show(event);
        }
        if self.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn is_cancelled(&self) -> bool {
        crate::signals::caught().is_some()
    }

    fn stop_signal(&self) -> StopSignal {
        StopSignal::new(|| crate::signals::caught().is_some())
    }
}

/// A line that follows a fit or an optimisation.
struct Bar {
    line: ProgressBar,
    /// What is being done, to which the iterations add their part.
    doing: String,
}

impl Bar {
    fn new() -> Self {
        let line = shown(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            line.set_style(style);
        }
        Self { line, doing: "fit".into() }
    }

    fn show(&mut self, event: &Event) {
        if IS_OVER.swap(false, Ordering::Relaxed) {
            self.doing = "fit".into();
        }
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
            Event::Reading { what, read, bytes } => {
                let (read, bytes) = (HumanBytes(*read), HumanBytes(*bytes));
                self.line.set_message(format!("{what}: {read} of {bytes} read"));
            }
            Event::SourceMap { component, source, done, total } => {
                self.line.set_message(format!("component {component}: source maps ({done}/{total}) {source}"));
            }
            Event::Update { source, done, total } => {
                self.line.set_message(format!("{}  TS and fluxes ({}/{total}) {source}", self.doing, done + 1));
            }
            Event::SkyMap { map, done, total } => {
                self.line.set_message(format!("{map}: {done} of {total} pixels"));
            }
            Event::Estimate { verb, source, done, total } => {
                self.doing = format!("{verb} ({}/{total}) {source}", done + 1);
                self.line.set_message(self.doing.clone());
            }
            Event::Toys { source, norm, tested, done, total } => {
                let value = tested + 1;
                self.doing = format!("limit of {source}: value {value}, norm {norm:.4}: {done} of {total} toys");
                self.line.set_message(self.doing.clone());
            }
            Event::Peak { iteration, sqrt_ts, found } => {
                let map = iteration + 1;
                self.doing = format!("map {map}, {found} new sources, peak of {sqrt_ts:.1} sigma");
                self.line.set_message(self.doing.clone());
            }
            _ => {}
        }
        self.line.tick();
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
        let bar = shown(ProgressBar::new(total as u64));
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
        tell();
        self.bar.set_position(done as u64);
    }
}

impl Drop for CountBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
