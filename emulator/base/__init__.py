"""What is used of ministack: its version, its settings, and every private name of it."""
