//! How far something is that takes more than a second: on standard error, where it is in nobody's
//! way.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A terminal is written to every second, and a file, where lines stay, every ten.
const ON_TERMINAL: Duration = Duration::from_secs(1);
const IN_FILE: Duration = Duration::from_secs(10);

/// Says now and then how much has been read.
#[derive(Debug)]
pub struct Progress {
    printed: Mutex<Printed>,
    terminal: bool,
}

#[derive(Debug)]
struct Printed {
    when: Instant,
    ever: bool,
    counts: Vec<(&'static str, usize)>,
}

impl Progress {
    /// Begins now; nothing is printed in the first second.
    pub fn begin() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let printed = Printed {
            when: Instant::now(),
            ever: false,
            counts: Vec::new(),
        };
        Progress {
            printed: Mutex::new(printed),
            terminal,
        }
    }

    /// What hears from those who read.
    pub fn counter(&self) -> impl Fn(&'static str, usize) + Sync {
        |what, count| self.add(what, count)
    }

    /// So many more of something were read.
    pub fn add(&self, what: &'static str, count: usize) {
        let Ok(mut printed) = self.printed.lock() else {
            return;
        };
        match printed.counts.iter_mut().find(|(name, _)| *name == what) {
            Some((_, total)) => *total += count,
            None => printed.counts.push((what, count)),
        }
        let pause = match (self.terminal, printed.ever) {
            (false, true) => IN_FILE,
            _ => ON_TERMINAL,
        };
        if printed.when.elapsed() >= pause {
            printed.when = Instant::now();
            printed.ever = true;
            self.say(&line(&printed.counts));
        }
    }

    fn say(&self, line: &str) {
        // A progress line that cannot be written is no reason to stop.
        let mut out = std::io::stderr().lock();
        let _ = match self.terminal {
            true => write!(out, "\r\x1b[K{line}"),
            false => writeln!(out, "{line}"),
        };
        let _ = out.flush();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.terminal && self.printed.lock().is_ok_and(|printed| printed.ever) {
            self.say("");
        }
    }
}

fn line(counts: &[(&'static str, usize)]) -> String {
    let counts: Vec<String> = counts
        .iter()
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    format!("read so far: {}", counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up() {
        let progress = Progress::begin();
        progress.add("accounts", 20);
        progress.add("policies", 3);
        progress.add("accounts", 7);
        let counts = progress.printed.lock().unwrap().counts.clone();
        assert_eq!(line(&counts), "read so far: 27 accounts, 3 policies");
    }
}
