//! Options of every command.

use clap::Args;

/// Where the help lists the options of every command.
const GLOBAL: &str = "Global options";

/// Options of every command.
#[derive(Args)]
pub(crate) struct Common {
    /// Write the result dictionary as JSON to a file, or to standard output with `-`
    #[arg(long, value_name = "FILE|-", global = true, help_heading = GLOBAL)]
    pub(crate) json: Option<std::path::PathBuf>,
    /// Number of threads, 1 to 1024; all cores by default. The result is the same for any number
    #[arg(long, value_name = "N", global = true, help_heading = GLOBAL, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// The most memory to take, such as 2GiB or 1500MB: work is done in a leaner way if need be, or refused with the number that is needed
    #[arg(long, value_name = "SIZE", global = true, help_heading = GLOBAL, value_parser = size)]
    pub(crate) max_memory: Option<u64>,
    /// Print nothing but errors
    #[arg(long, short, global = true, help_heading = GLOBAL, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Log what is being done
    #[arg(long, short, global = true, help_heading = GLOBAL)]
    pub(crate) verbose: bool,
    /// What is told of fits while they run, on standard error: 0 nothing, 1 a line an iteration and an attempt (also by -v), 2 also the free
    /// parameters, 3 also the matrices [default: optimizer.verbosity of the configuration]
    #[arg(long, value_name = "N", global = true, help_heading = GLOBAL, conflicts_with = "quiet", value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) verbosity: Option<u8>,
    /// Show no progress (none is ever shown when standard error is not a terminal)
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) no_progress: bool,
}

fn size(text: &str) -> Result<u64, &'static str> {
    roi_fit::memory_size(text).ok_or("expected a size above 0, such as 2GiB or 1500MB")
}
