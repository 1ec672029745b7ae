//! `roi-fit`: fit and optimize a Fermi-LAT region of interest from its `config.yaml`.

mod commands;
mod common;
mod failure;
mod output;
mod progress;
mod region;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use common::Common;

/// Fit and optimize a Fermi-LAT region of interest by maximum likelihood.
///
/// CONFIG is a fermipy `config.yaml`; a `files:` section may name the products (`ccube`, `srcmap`, `xml`), what it does not name is
/// looked for under fermipy's own names in `fileio.outdir`.
#[derive(Parser)]
#[command(name = "roi-fit", version, max_term_width = 120, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 internal error; 2 bad usage, configuration or input; \
3 a fit ended below min_fit_quality and every parameter was restored. batch: the worst of its regions, 1 before 2 before 3.";

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
    Spectrum(commands::spectrum::Spectrum),
    Config(commands::config::Config),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // A panic is a defect of the program; it must not look like bad input (2) or a failed fit (3).
    match std::panic::catch_unwind(|| run(&cli)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            output::error(&failure);
            failure.exit_code()
        }
        Err(_) => ExitCode::from(1),
    }
}

fn run(cli: &Cli) -> Result<(), failure::Failure> {
    output::start_logging(&cli.common);
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
    match &cli.command {
        Command::Demo(command) => command.run(&output),
        Command::Simulate(command) => command.run(&output),
        Command::Prepare(command) => command.run(&output),
        Command::Srcmaps(command) => command.run(&output),
        Command::Loglike(command) => command.run(&output),
        Command::Optimize(command) => command.run(&output),
        Command::Fit(command) => command.run(&output),
        Command::Batch(command) => command.run(&output),
        Command::Params(command) => command.run(&output),
        Command::Model(command) => command.run(&output),
        Command::ModelMap(command) => command.run(&output),
        Command::Ts(command) => command.run(&output),
        Command::Profile(command) => command.run(&output),
        Command::Spectrum(command) => command.run(&output),
        Command::Config(command) => command.run(&output),
    }
}
