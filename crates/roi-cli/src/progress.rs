//! The progress line on the terminal: step, source, logL so far.

use std::ops::ControlFlow;

use indicatif::{ProgressBar, ProgressStyle};
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
