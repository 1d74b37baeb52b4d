"""Tests of the emulator: requests."""
