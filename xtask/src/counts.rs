//! How many tests ran, read from the closing lines of the test runners.

use std::fmt;

/// Tests that passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Counts {
    /// Adds what a line tells, if it is the closing line of `cargo nextest` or `cargo test`.
    pub(crate) fn add_line(&mut self, line: &str) {
        let line = line.trim_start();
        if !line.starts_with("Summary [") && !line.starts_with("test result:") {
            return;
        }
        // The number stands before its word.
        let mut before = "";
        for word in line.split_whitespace() {
            let number = before.parse::<usize>().unwrap_or(0);
            match word.trim_end_matches([',', ';']) {
                "passed" => self.passed += number,
                // nextest also counts tests that ran out of time or could not be started.
                "failed" | "timed" | "exec" => self.failed += number,
                "skipped" | "ignored" => self.skipped += number,
                _ => {}
            }
            before = word;
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tests: {} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(lines: &[&str]) -> Counts {
        let mut counts = Counts::default();
        for line in lines {
            counts.add_line(line);
        }
        counts
    }

    #[test]
    fn both_runners_are_read_and_summed() {
        let counts = counts(&[
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.00s",
            "     Summary [   1.013s] 9 tests run: 6 passed (1 slow), 2 failed, 1 timed out, 4 skipped",
        ]);
        assert_eq!(counts, Counts { passed: 9, failed: 3, skipped: 5 });
        assert_eq!(counts.to_string(), "tests: 9 passed, 3 failed, 5 skipped");
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(counts(&["12 passed", "the Summary [of] 3 failed", "", "PASS [ 0.1s] 5 failed"]), Counts::default());
    }
}
