//! A sign of life for what takes longer than a second.

use std::io::{IsTerminal as _, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Says on standard error what is being done, every second, if that is a terminal. What takes less
/// than a second is not mentioned. Dropping it ends it, and clears its line.
#[derive(Debug)]
pub struct Progress {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Begins to watch over something, such as "reading `organization.json`".
    pub fn of(what: impl Into<String>) -> Progress {
        if !std::io::stderr().is_terminal() {
            return Progress { running: None };
        }
        let what = what.into();
        let (end, ended) = mpsc::channel::<()>();
        let begun = Instant::now();
        let watch = move || {
            let mut is_shown = false;
            let mut err = std::io::stderr();
            // Nothing is ever sent: the other end is dropped.
            while ended.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                is_shown = true;
                // Not being able to show progress is no reason to stop.
                let _ = write!(err, "\r{what} ... {} s", begun.elapsed().as_secs());
            }
            if is_shown {
                let _ = write!(err, "\r\u{1b}[K");
            }
        };
        Progress {
            running: Some((end, thread::spawn(watch))),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.running.take() {
            drop(end);
            let _ = thread.join();
        }
    }
}
