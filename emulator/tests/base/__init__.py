"""Tests of the emulator: base."""
