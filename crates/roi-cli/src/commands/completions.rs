//! `roi-fit completions`.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::output::Output;

/// Print the completions of the program for a shell
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit completions bash > ~/.local/share/bash-completion/completions/roi-fit
  roi-fit completions zsh > ~/.zfunc/_roi-fit
  roi-fit completions fish > ~/.config/fish/completions/roi-fit.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, mut program: Command, output: &Output) -> Result<(), Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut program, "roi-fit", &mut text);
        output.plain(&String::from_utf8_lossy(&text))
    }
}
