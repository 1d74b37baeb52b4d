"""Tests of the emulator: frame."""
