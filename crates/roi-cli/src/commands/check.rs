//! `roi-fit check`.

use std::path::PathBuf;

use clap::Args;
use roi_estimators::EstimatorMemory;
use roi_fit::{CheckReport, ComponentReport, Computed, PlannedAnalysis, PlannedMaps, size_in_words};
use serde::Serialize;
use serde_json::json;

use crate::collisions::Files;
use crate::failure::Failure;
use crate::output::Output;
use crate::provenance::provenance;
use crate::region::config_file;

/// Find, read and compare everything that a configuration names; tell all problems at once, and what a fit would make
///
/// Nothing is made or written. Exit code 2 if there is any problem.
#[derive(Args)]
#[command(after_help = "Examples:\n  roi-fit check config.yaml\n  roi-fit check roi_12/ --json check.json")]
pub(crate) struct Check {
    /// A fermipy config.yaml, or the directory that holds one
    config: PathBuf,
}

impl Check {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let config = config_file(&self.config);
        let mut files = Files::default();
        files.reads_config(&config);
        files.writes("--json", output.json_file()).check()?;
        let report = roi_fit::check(&config);
        let memory = memory(&report).unwrap_or_else(|failure| {
            tracing::warn!("what a fit takes of memory is not known: {failure}");
            None
        });
        output.text(words(&report, memory.as_ref()));
        let mut json = json!(report);
        if let Some(map) = json.as_object_mut() {
            map.insert("memory".into(), json!(memory));
            map.insert("is_usable".into(), report.is_usable().into());
            map.insert("provenance".into(), provenance(Some(&config), &[], true));
        }
        output.json(|| json)?;
        if report.is_usable() { Ok(()) } else { Err(Failure::Problems(report.problems.len())) }
    }
}

/// What the region takes of memory, in bytes.
#[derive(Serialize)]
struct Memory {
    analysis: u64,
    limit: Option<u64>,
    #[serde(flatten)]
    beside: EstimatorMemory,
}

/// Told of what can be opened: where counts are still to be made of photons, nothing is known of them.
fn memory(report: &CheckReport) -> Result<Option<Memory>, Failure> {
    let is_counted = report.components.iter().all(|component| component.counts.is_some());
    if !report.is_usable() || !is_counted || report.components.is_empty() {
        return Ok(None);
    }
    let planned = PlannedAnalysis::read(&report.config)?;
    let beside = EstimatorMemory::of(planned.session(), planned.trial_makers())?;
    Ok(Some(Memory { analysis: planned.memory().peak(), limit: planned.limit(), beside }))
}

fn memory_line(memory: &Memory) -> String {
    let Memory { analysis, limit, beside } = memory;
    let limit = limit.map_or_else(String::new, |limit| format!(" (of {} that it may take)", size_in_words(limit)));
    let beside = [
        ("an SED", beside.sed),
        ("a localization", beside.localize),
        ("an extension", beside.extension),
        ("a TS map", beside.tsmap),
    ];
    let beside = beside.map(|(what, bytes)| format!("{what} {}", size_in_words(bytes))).join(", ");
    format!("memory: about {}{limit} for a fit; beside it for {beside}", size_in_words(*analysis))
}

/// The report for people: what there is, what would be made, and what is wrong, which comes last.
fn words(report: &CheckReport, memory: Option<&Memory>) -> String {
    let mut lines = vec![format!("configuration {}", report.config.display())];
    if let Some(model) = &report.model {
        lines.push(format!(
            "model: {} source(s), {} free parameter(s), centre RA {:.4} deg, Dec {:.4} deg",
            model.sources, model.free_parameters, model.ra, model.dec
        ));
    }
    for component in &report.components {
        lines.extend(component_lines(component));
    }
    lines.extend(memory.map(memory_line));
    lines.extend(report.notes.iter().map(|note| format!("note: {note}")));
    lines.extend((1..).zip(&report.problems).map(|(number, problem)| format!("problem {number}: {}", problem.error)));
    if report.is_usable() {
        lines.push("no problem was found".into());
    }
    lines.join("\n")
}

fn component_lines(component: &ComponentReport) -> Vec<String> {
    let mut lines = vec![String::new(), format!("component {}", component.name)];
    for file in &component.files {
        let size = file.bytes.map_or_else(|| "a folder".into(), size_in_words);
        let found = if file.is_named { "named" } else { "found" };
        lines.push(format!("  {:<10} {found}  {size:>10}  {}", file.product, file.path.display()));
    }
    if let Some(counts) = &component.counts {
        lines.push(format!(
            "  counts: {} in {} pixels and {} energy bins, {} to {} MeV",
            counts.total, counts.pixels, counts.energy_bins, counts.emin, counts.emax
        ));
    }
    lines.extend(
        component
            .computed
            .iter()
            .map(|what| format!("  computed from livetime and response functions: {}", computed(*what))),
    );
    lines.extend(component.maps.iter().map(map_line));
    lines
}

fn map_line(maps: &PlannedMaps) -> String {
    let kept = format!("  source maps: {} ready", maps.kept);
    if maps.to_make.is_empty() {
        return format!("{kept}, none to make; {} of pixels", size_in_words(maps.bytes));
    }
    let made: u64 = maps.to_make.iter().map(|map| map.bytes).sum();
    let place = maps.file.as_ref().map_or_else(
        || "they are not kept, as the source map file is another program's".into(),
        |file| format!("kept in {}", file.display()),
    );
    format!(
        "{kept}, {} to make ({} of pixels, about {} of memory meanwhile and {} of time); {place}",
        maps.to_make.len(),
        size_in_words(made),
        size_in_words(maps.memory),
        seconds_in_words(maps.seconds)
    )
}

/// A time that is known roughly.
fn seconds_in_words(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => "less than a second".into(),
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

fn computed(what: Computed) -> &'static str {
    match what {
        Computed::Exposure => "exposure",
        Computed::Psf => "point spread function",
        _ => "energy dispersion",
    }
}
