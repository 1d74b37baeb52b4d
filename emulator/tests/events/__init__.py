"""Tests of the emulator: events."""
