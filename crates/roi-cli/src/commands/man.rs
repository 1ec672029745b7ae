//! `roi-fit man`.

use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::Man as Page;

use crate::failure::Failure;
use crate::output::{Output, check_folder};

/// Print the manual page of the program, or write it and those of all commands into a directory
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit man | man -l -
  roi-fit man --out ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// An existing directory; without it the page of the program goes to standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(&self, mut program: Command, output: &Output) -> Result<(), Failure> {
        program.build();
        let Some(folder) = &self.out else { return output.plain(&page(&program)?) };
        check_folder("--out", &folder.join("roi-fit.1"))?;
        for (name, command) in std::iter::once(("roi-fit".to_owned(), &program)).chain(
            program
                .get_subcommands()
                .filter(|command| command.get_name() != "help")
                .map(|command| (format!("roi-fit-{}", command.get_name()), command)),
        ) {
            let command = command.clone().display_name(name.clone());
            let text = page(&command)?;
            roi_fit::write_text(&folder.join(format!("{name}.1")), &text).map_err(roi_fit::Error::from)?;
        }
        output.text(format_args!("pages written into {}", folder.display()));
        Ok(())
    }
}

/// A page as text for `man`.
fn page(command: &Command) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    Page::new(command.clone()).render(&mut bytes).map_err(Failure::Unwritten)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
