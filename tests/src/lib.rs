//! What spans crates, templates and the emulator.
