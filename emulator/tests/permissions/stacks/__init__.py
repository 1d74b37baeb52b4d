"""Tests of the emulator: stacks."""
