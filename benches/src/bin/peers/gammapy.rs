//! gammapy with iminuit: a Python process that fits when it is told to (`benches/peers/gammapy_galactic_center.py`).

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::Failure;

/// The process and the ends of its pipes.
pub(crate) struct Gammapy {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Gammapy {
    /// Starts the process and waits until its dataset is built.
    ///
    /// # Errors
    /// When it cannot start, or ends before it is ready; its own words go to standard error.
    pub(crate) fn start(python: &Path, data: &Path) -> Result<Self, Failure> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/gammapy_galactic_center.py");
        let mut child = Command::new(python)
            .args(["-W", "ignore"])
            .arg(script)
            .arg(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", python.display()))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("gammapy: no pipes to its process".into());
        };
        let mut started = Self { child, requests, answers: BufReader::new(answers) };
        started.answer()?;
        Ok(started)
    }

    /// Asks for `value`, or the fit `A`, `B` or `C`, and waits for the answer.
    ///
    /// # Errors
    /// What the process says went wrong.
    pub(crate) fn ask(&mut self, request: &str) -> Result<Value, Failure> {
        writeln!(self.requests, "{request}")?;
        self.requests.flush()?;
        let answer = self.answer()?;
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => Err(format!("gammapy, {request}: {error}").into()),
            None => Ok(answer),
        }
    }

    fn answer(&mut self) -> Result<Value, Failure> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("gammapy: its process ended; what it said stands above".into());
        }
        Ok(serde_json::from_str(&line).map_err(|error| format!("gammapy said '{}': {error}", line.trim()))?)
    }
}

impl Drop for Gammapy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
