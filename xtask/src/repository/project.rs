//! The repository: where it lies, and how programs are run in it.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use crate::error::Error;

/// What `cargo test`, `clippy` and `doc` cover. One selection for all, so that they share the features of the
/// dependencies and with them the compiled artifacts.
pub(crate) const EVERYTHING: &str = "--workspace";

/// The repository and the environment that its programs run in.
pub(crate) struct Project {
    root: PathBuf,
    target: PathBuf,
    cargo: OsString,
}

impl Project {
    /// The repository that this xtask was built from.
    pub(crate) fn find() -> Result<Self, Error> {
        let read = |path: &Path| {
            let shown = path.display().to_string();
            move |source| Error::Read { path: shown, source }
        };
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.join("..").canonicalize().map_err(read(manifest))?;
        // This program lies in TARGET/PROFILE/xtask, whatever moved the target directory.
        let program = env::current_exe().map_err(read(Path::new("the path of xtask")))?;
        let target = program.ancestors().nth(2).map_or_else(|| root.join("target"), Path::to_path_buf);
        let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        Ok(Self { root, target, cargo })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The target directory: everything that can be made again.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Where `cargo build --release` leaves the program `roi-fit`.
    pub(crate) fn release_program(&self) -> PathBuf {
        self.target.join("release").join(format!("roi-fit{}", env::consts::EXE_SUFFIX))
    }

    /// The folder of real LAT data, when it is there.
    pub(crate) fn test_data(&self) -> Option<PathBuf> {
        let folder = env::var_os("ROI_FIT_TEST_DATA").map_or_else(|| self.root.join("../shared/data"), PathBuf::from);
        folder.canonicalize().ok().filter(|folder| folder.is_dir())
    }

    /// A command to run at the root of the repository.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        // `cargo run` describes the package xtask to us. Handed on, that would make the build scripts which watch
        // these variables run again whenever cargo is called with xtask and without it in turn.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        // The fit is parallel itself: threads of BLAS below it only get in the way.
        if env::var_os("OPENBLAS_NUM_THREADS").is_none() {
            command.env("OPENBLAS_NUM_THREADS", "1");
        }
        if let Some(data) = self.test_data() {
            command.env("ROI_FIT_TEST_DATA", data);
        }
        command
    }

    /// `cargo ARGS`.
    pub(crate) fn cargo<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.command(&self.cargo);
        command.args(args);
        command
    }
}

/// Runs to the end with our own input and output.
pub(crate) fn run(command: &mut Command) -> Result<(), Error> {
    announce(command);
    let status = command.status().map_err(|source| Error::Start { program: shown(command), source })?;
    judge(command, status)
}

/// Runs to the end, prints both outputs as they come, and hands every line to `watch`.
pub(crate) fn run_watched(command: &mut Command, watch: &(dyn Fn(&str) + Sync)) -> Result<(), Error> {
    announce(command);
    command.env("CARGO_TERM_COLOR", "never").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|source| Error::Start { program: shown(command), source })?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        if let Some(stream) = stderr {
            scope.spawn(move || each_line(stream, |line| eprintln!("{line}"), watch));
        }
        if let Some(stream) = stdout {
            each_line(stream, |line| println!("{line}"), watch);
        }
    });
    let status = child.wait().map_err(|source| Error::Start { program: shown(command), source })?;
    judge(command, status)
}

/// Whether a command runs to the end without a word and reports success.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The trimmed standard output of a command that reports success.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn each_line(stream: impl Read, print: impl Fn(&str), watch: &(dyn Fn(&str) + Sync)) {
    // Lines are cut at bytes: the output of a test need not be UTF-8.
    for bytes in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&bytes);
        print(&line);
        watch(&line);
    }
}

fn judge(command: &Command, status: ExitStatus) -> Result<(), Error> {
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed { program: shown(command), status: status.to_string() })
}

fn announce(command: &Command) {
    eprintln!("$ {}", shown(command));
}

/// The command as one would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
