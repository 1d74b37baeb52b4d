//! Check backup policies before AWS sees them.
fn main() {}
