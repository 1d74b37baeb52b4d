//! Calls no more often than AWS allows, instead of being throttled and waiting longer.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// The rate of one of AWS's token buckets.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    burst: u32,
    /// When the bucket would be full, had nobody called since.
    full: Mutex<Instant>,
}

impl Pace {
    /// So many calls a second, and so many at once after a rest.
    pub(crate) fn new(rate: u32, burst: u32) -> Self {
        Pace {
            interval: Duration::from_secs(1) / rate.max(1),
            burst,
            full: Mutex::new(Instant::now()),
        }
    }

    /// Waits until the next call may be made. Callers get their turns in the order of asking.
    pub(crate) async fn turn(&self) {
        let mut full = self.full.lock().await;
        let spare = self.interval * self.burst.saturating_sub(1);
        if let Some(may) = full.checked_sub(spare) {
            sleep_until(may).await;
        }
        *full = (*full).max(Instant::now()) + self.interval;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_at_once_and_then_the_rate() {
        let pace = Pace::new(5, 8);
        let begin = Instant::now();
        let mut at = Vec::new();
        for _ in 0..11 {
            pace.turn().await;
            at.push(begin.elapsed().as_millis());
        }
        assert_eq!(at, [0, 0, 0, 0, 0, 0, 0, 0, 200, 400, 600]);
        tokio::time::advance(Duration::from_secs(60)).await;
        let begin = Instant::now();
        for _ in 0..9 {
            pace.turn().await;
        }
        assert_eq!(begin.elapsed().as_millis(), 200);
    }
}
