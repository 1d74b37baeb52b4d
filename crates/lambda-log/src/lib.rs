#![doc = include_str!("../README.md")]

use std::io::{self, Write};

mod fit;

pub use fit::{LONGEST, fit};

/// Starts the log: `tracing`'s events and panics go to it, in the form that Lambda's environment
/// asks for. To be called once, first of all.
pub fn start() {
    lambda_runtime::tracing::init_default_subscriber_with_writer(|| Entry(io::stdout()));
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
}

/// Prints a line that is not `tracing`'s: CloudWatch reads metrics from it.
pub fn print(line: &str) {
    // There is nowhere to report that the log cannot be written.
    let _ = Entry(io::stdout()).write_all(line.as_bytes());
}

/// A writer that makes one line of whatever is written at once, and shortens it to [`LONGEST`] bytes.
#[derive(Debug)]
pub struct Entry<W>(pub W);

impl<W: Write> Write for Entry<W> {
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        let mut line = fit(&String::from_utf8_lossy(entry));
        line.push('\n');
        self.0.write_all(line.as_bytes())?;
        Ok(entry.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
