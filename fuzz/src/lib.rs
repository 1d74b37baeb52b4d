//! What each program of this package does: libFuzzer makes up bytes, the target reads them within a limit of
//! time and of memory, and the slowest input so far is told.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use fuzz_targets::Target;

/// How much of the processor's time one input may take, with the compiler's probes: 64 KB at most (see
/// `fuzz_targets::LONGEST`), of which 7,000 wrong Regions, each with its finding and remedy, take one to one
/// and a half seconds. What grows faster than its input takes minutes.
const LIMIT: Duration = Duration::from_secs(3);

/// How many bytes may be in use at once for one input.
const MEMORY: usize = 128 * 1024 * 1024;

/// Makes a program of a target.
#[macro_export]
macro_rules! target {
    ($target:expr) => {
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $crate::run($target, bytes));
    };
}

/// Gives bytes to a target.
///
/// # Panics
/// When the target does, or when it takes too long or too much.
pub fn run(target: Target, bytes: &[u8]) {
    static SLOWEST: AtomicU64 = AtomicU64::new(1);
    static LARGEST: AtomicUsize = AtomicUsize::new(1);
    let before = IN_USE.load(Relaxed);
    MOST.store(before, Relaxed);
    let took = fuzz_targets::fuzz(target, bytes, LIMIT);
    let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let most = MOST.load(Relaxed).saturating_sub(before);
    assert!(most <= MEMORY, "{}: {} bytes take {most} bytes", target.name, bytes.len());
    // What else the machine does shows here, too: only what is slow again counts.
    if took > SLOWEST.load(Relaxed) {
        let again = fuzz_targets::fuzz(target, bytes, LIMIT).as_micros();
        let took = took.min(u64::try_from(again).unwrap_or(u64::MAX));
        if SLOWEST.fetch_max(took, Relaxed) < took {
            eprintln!("slowest: {took} us for an input of {} bytes", bytes.len());
        }
    }
    if LARGEST.fetch_max(most, Relaxed) < most {
        eprintln!("largest: {most} bytes of memory for an input of {} bytes", bytes.len());
    }
}

/// Bytes in use now, and the most since the input began.
static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, counted.
struct Counted;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

impl Counted {
    fn more(size: usize) {
        let now = IN_USE.fetch_add(size, Relaxed) + size;
        MOST.fetch_max(now, Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Counted::more(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Counted::more(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        Counted::more(size);
        unsafe { System.realloc(place, layout, size) }
    }
}
