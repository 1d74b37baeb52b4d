//! AWS Organizations backup policies as a pure library.
