"""Tests of the emulator: stack_sets."""
