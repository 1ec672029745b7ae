//! Ctrl-C and kill: what is finished is kept, what is half done is removed, and the program ends within a second.
//!
//! At a signal a flag goes up, which fits see between two evaluations: they stop, the model is restored, and what was finished before is
//! written. What has not come to an end after [`GRACE`] is cut off: its temporaries are removed and the program ends. A second signal
//! does not wait.

use std::sync::atomic::{AtomicI32, Ordering};

/// The signal that came; 0 for none.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// How long work has to come to an end by itself.
#[cfg(unix)]
const GRACE: std::time::Duration = std::time::Duration::from_millis(700);

/// The signal that asks the program to end, if one came.
pub(crate) fn caught() -> Option<i32> {
    Some(SIGNAL.load(Ordering::SeqCst)).filter(|&signal| signal != 0)
}

/// Its name.
pub(crate) fn name(signal: i32) -> &'static str {
    match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        15 => "SIGTERM",
        _ => "a signal",
    }
}

/// The exit code of a program that a signal ended, as shells have it.
pub(crate) fn exit_code(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}

/// Watches for signals from now on; `last_words` prints the line with which the program ends. Where that cannot be, the system's way of ending stays.
#[cfg(unix)]
pub(crate) fn watch(last_words: fn(&str)) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let mut signals = match Signals::new([SIGHUP, SIGINT, SIGTERM]) {
        Ok(signals) => signals,
        Err(error) => return tracing::debug!("signals are not watched: {error}"),
    };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if SIGNAL.swap(signal, Ordering::SeqCst) != 0 {
                end(signal, last_words);
            }
            std::thread::spawn(move || {
                std::thread::sleep(GRACE);
                end(signal, last_words);
            });
        }
    });
}

#[cfg(not(unix))]
pub(crate) fn watch(_: fn(&str)) {}

/// Ends the program where it stands. Nothing here waits for who may be stopped in the middle of writing.
#[cfg(unix)]
fn end(signal: i32, last_words: fn(&str)) -> ! {
    roi_fit::remove_temporaries();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        last_words(&format!("ended by {}; what was not finished is gone", name(signal)));
        let _ = sender.send(());
    });
    // Nobody may be reading.
    let _ = receiver.recv_timeout(GRACE / 7);
    std::process::exit(exit_code(signal).into())
}
