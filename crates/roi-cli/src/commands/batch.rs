//! `roi-fit batch`.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use roi_batch::{Ending, Entry, FitTask, Optimization, TaskResult};
use roi_fit::{Analysis, OpenOptions};

use crate::collisions::Files;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::CountBar;
use crate::region::config_file;

use super::editing::Editing;
use super::energies::Energies;
use super::first::First;
use super::fitting::{Fitting, Freeing};

/// Fit many regions, with a journal that survives a kill
///
/// Each region's result dictionary goes to a file in DIR as soon as it is there. No region stops the others: one whose fit fails or whose
/// input is bad is reported at the end.
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit batch roi_*/ --out results --distance 3 --pars norm
  roi-fit batch --list configs.txt --out results --resume
  roi-fit batch --list configs.txt --out results --shard 3/16")]
pub(crate) struct Batch {
    /// Configurations, or directories that hold a config.yaml
    #[arg(value_name = "CONFIG", required_unless_present = "list")]
    configs: Vec<PathBuf>,
    /// More of them, one a line, from a file or from standard input with `-`; empty lines and those that begin with # do not count
    #[arg(long, value_name = "FILE|-")]
    list: Option<PathBuf>,
    /// Directory of the results, the journal and summary.json; it is made if need be
    #[arg(long, value_name = "DIR", default_value = "roi-fit-batch")]
    out: PathBuf,
    /// How many regions are worked on at a time; they share --threads [default: one a thread]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Go on where an earlier batch in DIR ended. What is done is not done again, unless its config.yaml changed; what had bad input is
    #[arg(long)]
    resume: bool,
    /// Only every N-th region, from the I-th on (I from 0 to N-1): one of N processes that may share DIR
    #[arg(long, value_name = "I/N", value_parser = shard, default_value = "0/1", hide_default_value = true)]
    shard: (usize, usize),
    /// Begin each region with the model of this file: a source model XML, or the JSON that --write-roi saved
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    #[command(flatten)]
    first: First,
    /// Optimize each region and do not fit it
    #[arg(long, conflicts_with = "optimize_first")]
    only_optimize: bool,
    #[command(flatten)]
    editing: Editing,
    #[command(flatten)]
    energies: Energies,
    #[command(flatten)]
    freeing: Freeing,
    #[command(flatten)]
    fitting: Fitting,
}

impl Batch {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        self.freeing.check()?;
        let configs = self.all_configs()?;
        self.check_files(&configs, output)?;
        let plan = self.plan();
        let settings = plan.settings()?;
        let threads = rayon::current_num_threads();
        let jobs = self.jobs.map_or(threads, usize::from);
        let (index, count) = self.shard;
        let batch = roi_batch::Batch::new(&self.out)
            .with_threads(threads)
            .with_jobs(jobs)
            .with_resume(self.resume)
            .with_shard(index, count)?;
        let mut bar = output.shows_progress().then(|| CountBar::new(configs.len().div_ceil(count)));
        // Regions that are worked on at the same time share what memory there is.
        let regions = batch.at_a_time(&configs);
        let task = |config: &Path| Ok(task(&plan, config, output, regions)?);
        let entries = batch.run(&configs, &settings, &task, &mut |entry, done, total| {
            let tell = || tracing::info!("{done}/{total} {}", words(entry));
            match &mut bar {
                Some(bar) => bar.ended(entry.ending != Ending::Done, done, total, tell),
                None => tell(),
            }
        })?;
        drop(bar);
        let summary = plan.summary(&entries)?;
        let name = if count == 1 { "summary.json".into() } else { format!("summary-{index}-of-{count}.json") };
        Output::write_json(&self.out.join(name), &summary)?;
        output.text(table(&entries));
        output.json(|| summary)?;
        failure(&entries).map_or(Ok(()), Err)
    }

    /// Refuses a dictionary of all in the place of something that is read, or among the results.
    fn check_files(&self, configs: &[PathBuf], output: &Output) -> Result<(), Failure> {
        let Some(json) = output.json_file() else { return Ok(()) };
        output.keep_out_of(&self.out)?;
        let mut files = Files::default();
        files.writes("--json", Some(json)).reads("--list", self.list.as_deref().filter(|list| *list != Path::new("-")));
        files.reads_model("--model", self.model.as_deref());
        for path in self.editing.files() {
            files.reads("--add-source", Some(path));
        }
        for config in configs {
            files.reads_config(config);
        }
        files.check()
    }

    /// The configurations of the command line and of the list.
    fn all_configs(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut configs = self.configs.clone();
        if let Some(list) = &self.list {
            let text = if list == Path::new("-") {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).map(|_| text)
            } else {
                std::fs::read_to_string(list)
            };
            let text = text.map_err(|error| Failure::Usage(format!("--list {}: {error}", list.display())))?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            configs.extend(lines.map(PathBuf::from));
        }
        if configs.is_empty() {
            return Err(Failure::Usage("there is no region: name a CONFIG, or more in --list".into()));
        }
        Ok(configs.into_iter().map(|config| config_file(&config)).collect())
    }

    /// What is done with every region.
    fn plan(&self) -> FitTask {
        let mut plan = FitTask::default();
        plan.model.clone_from(&self.model);
        plan.optimize = match (self.only_optimize, self.first.is_asked()) {
            (true, _) => Optimization::Only,
            (false, true) => Optimization::First,
            (false, false) => Optimization::No,
        };
        (plan.editing, plan.energies) = (self.editing.plain(), self.energies.plain());
        (plan.freeing, plan.fitting) = (self.freeing.plain(), self.fitting.plain());
        plan
    }
}

/// What is done with one region of so many that are worked on at the same time.
fn task(plan: &FitTask, config: &Path, output: &Output, regions: usize) -> roi_fit::Result<TaskResult> {
    // A signal ends the program, not its regions one by one: these are done again with --resume.
    let options = OpenOptions::default().with_max_memory(output.max_memory()).with_analyses(regions).with_fluxes(true);
    let mut analysis = Analysis::open_by(config, Box::new(roi_fit::Quiet), &options)?;
    // It stands in the results, so that `-v`, which tells of the batch, leaves it alone.
    if let Some(verbosity) = output.verbosity() {
        analysis.set_verbosity(verbosity);
    }
    // What is odd has been told as a warning.
    for note in analysis.notes().iter().filter(|note| analysis.remarks().all(|remark| remark != note.as_str())) {
        tracing::info!("{}: {note}", config.display());
    }
    plan.run(&mut analysis, config)
}

/// `I/N`.
fn shard(text: &str) -> Result<(usize, usize), &'static str> {
    let bad = "expected I/N with I from 0 to N-1, as in 0/4";
    let (index, count) = text.split_once('/').ok_or(bad)?;
    let (index, count) = (index.parse().map_err(|_| bad)?, count.parse().map_err(|_| bad)?);
    if index < count { Ok((index, count)) } else { Err(bad) }
}

/// How a region ended, in a word.
fn ending(entry: &Entry) -> &'static str {
    match entry.ending {
        Ending::Done => "done",
        Ending::Failed => "failed",
        Ending::Error => "error",
        _ => "internal",
    }
}

/// A region in a line of the log.
fn words(entry: &Entry) -> String {
    let mut text = format!("{} {} in {:.2} s", entry.config.display(), ending(entry), entry.seconds);
    for (name, value) in [
        ("logL", entry.loglike.map(|value| format!("{value:.4}"))),
        ("quality", entry.fit_quality.map(|value| value.to_string())),
    ] {
        if let Some(value) = value {
            text.extend([", ", name, " ", &value]);
        }
    }
    if !entry.message.is_empty() {
        text.push_str(": ");
        text.push_str(&entry.message);
    }
    text
}

fn count(entries: &[Entry], ending: Ending) -> usize {
    entries.iter().filter(|entry| entry.ending == ending).count()
}

/// A line for each region.
fn table(entries: &[Entry]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["config", "ending", "quality", "logL", "seconds", "message"]);
    for column in table.column_iter_mut().filter(|column| (2..5).contains(&column.index)) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for entry in entries {
        table.add_row([
            entry.config.display().to_string(),
            ending(entry).into(),
            entry.fit_quality.map_or("---".into(), |quality| quality.to_string()),
            entry.loglike.map_or("---".into(), |loglike| format!("{loglike:.4}")),
            format!("{:.2}", entry.seconds),
            shortened(&entry.message),
        ]);
    }
    table
}

/// The first words of a message; all of it is in the summary.
fn shortened(message: &str) -> String {
    const LENGTH: usize = 60;
    let line = message.lines().next().unwrap_or_default();
    if line.chars().count() <= LENGTH {
        return line.to_owned();
    }
    line.chars().take(LENGTH - 3).chain("...".chars()).collect()
}

/// What the exit code and the last line say, when not all is well.
fn failure(entries: &[Entry]) -> Option<Failure> {
    let endings = [Ending::Internal, Ending::Error, Ending::Failed].map(|ending| (ending, count(entries, ending)));
    let worst = endings.iter().find(|(_, n)| *n > 0)?.0;
    let [internal, error, failed] = endings.map(|(_, n)| n);
    let message = format!(
        "of {} regions {failed} failed to fit, {error} had unusable input, {internal} met a defect of the program; the summary says why",
        entries.len()
    );
    Some(Failure::Batch { message, worst })
}
