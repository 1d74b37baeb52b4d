"""Is every decision held by a test? `make mutants`, with cargo-mutants."""
