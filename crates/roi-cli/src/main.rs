//! `roi-fit`: fit and optimize a Fermi-LAT region of interest from its `config.yaml`.

mod collisions;
mod commands;
mod common;
mod failure;
mod output;
mod progress;
mod provenance;
mod region;
mod signals;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use common::Common;

/// Fit and optimize a Fermi-LAT region of interest by maximum likelihood.
///
/// CONFIG is a fermipy `config.yaml`; a `files:` section may name the products (`ccube`, `srcmap`, `xml`), what it does not name is
/// looked for under fermipy's own names in `fileio.outdir`.
#[derive(Parser)]
#[command(name = "roi-fit", version = provenance::VERSION, max_term_width = 120, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 internal error; 2 bad usage, configuration or input; \
3 a fit ended below min_fit_quality and every parameter was restored; 128 + N ended by signal N (130 Ctrl-C, 143 kill): what was finished \
by then is written, with `interrupted` in the JSON. batch: the worst of its regions, 1 before 2 before 3.";

#[derive(Subcommand)]
enum Command {
    Demo(commands::demo::Demo),
    Simulate(commands::simulate::Simulate),
    Prepare(commands::prepare::Prepare),
    Srcmaps(commands::srcmaps::Srcmaps),
    Loglike(commands::loglike::Loglike),
    Optimize(commands::optimize::Optimize),
    Fit(commands::fit::Fit),
    Batch(commands::batch::Batch),
    Params(commands::params::Params),
    Model(commands::model::Model),
    ModelMap(commands::model_map::ModelMap),
    Ts(commands::ts::Ts),
    Profile(commands::profile::Profile),
    Limit(commands::limit::Limit),
    Sed(commands::sed::Sed),
    Lightcurve(commands::lightcurve::Lightcurve),
    Localize(commands::localize::Localize),
    Extension(commands::extension::Extension),
    Curvature(commands::curvature::Curvature),
    Tsmap(commands::tsmap::Tsmap),
    Tscube(commands::tscube::Tscube),
    Residmap(commands::residmap::Residmap),
    Psmap(commands::psmap::Psmap),
    FindSources(commands::find_sources::FindSources),
    Report(commands::report::Report),
    Spectrum(commands::spectrum::Spectrum),
    Srcprob(commands::srcprob::Srcprob),
    Config(commands::config::Config),
    Check(commands::check::Check),
    Keys(commands::keys::Keys),
    Completions(commands::completions::Completions),
    Man(commands::man::Man),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // A panic is a defect of the program; it must not look like bad input (2) or a failed fit (3).
    let end = std::panic::catch_unwind(|| run(&cli));
    if let Ok(Err(failure)) = &end {
        output::error(failure);
    }
    match (end, signals::caught()) {
        (Err(_), _) => ExitCode::from(1),
        (Ok(end), Some(signal)) => {
            let kept = if end.is_ok() { "; what was finished is written" } else { "" };
            output::line_of_error(&format!("ended by {}{kept}", signals::name(signal)));
            ExitCode::from(signals::exit_code(signal))
        }
        (Ok(Ok(())), None) => ExitCode::SUCCESS,
        (Ok(Err(failure)), None) => failure.exit_code(),
    }
}

fn run(cli: &Cli) -> Result<(), failure::Failure> {
    output::start_logging(&cli.common);
    signals::watch(output::last_words);
    if let Some(threads) = cli.common.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.into())
            .build_global()
            .map_err(|error| failure::Failure::Usage(format!("--threads {threads}: {error}")))?;
    }
    if let Some(path) = cli.common.json.as_deref().filter(|path| *path != std::path::Path::new("-")) {
        output::check_folder("--json", path)?;
    }
    let output = output::Output::new(&cli.common);
    perform(&cli.command, &output)?;
    output.finish()
}

fn perform(command: &Command, output: &output::Output) -> Result<(), failure::Failure> {
    match command {
        Command::Demo(command) => command.run(output),
        Command::Simulate(command) => command.run(output),
        Command::Prepare(command) => command.run(output),
        Command::Srcmaps(command) => command.run(output),
        Command::Loglike(command) => command.run(output),
        Command::Optimize(command) => command.run(output),
        Command::Fit(command) => command.run(output),
        Command::Batch(command) => command.run(output),
        Command::Params(command) => command.run(output),
        Command::Model(command) => command.run(output),
        Command::ModelMap(command) => command.run(output),
        Command::Ts(command) => command.run(output),
        Command::Profile(command) => command.run(output),
        Command::Limit(command) => command.run(output),
        Command::Sed(command) => command.run(output),
        Command::Lightcurve(command) => command.run(output),
        Command::Localize(command) => command.run(output),
        Command::Extension(command) => command.run(output),
        Command::Curvature(command) => command.run(output),
        Command::Tsmap(command) => command.run(output),
        Command::Tscube(command) => command.run(output),
        Command::Residmap(command) => command.run(output),
        Command::Psmap(command) => command.run(output),
        Command::FindSources(command) => command.run(output),
        Command::Report(command) => command.run(output),
        Command::Spectrum(command) => command.run(output),
        Command::Srcprob(command) => command.run(output),
        Command::Config(command) => command.run(output),
        Command::Check(command) => command.run(output),
        Command::Keys(command) => command.run(output),
        Command::Completions(command) => command.run(Cli::command(), output),
        Command::Man(command) => command.run(Cli::command(), output),
    }
}
