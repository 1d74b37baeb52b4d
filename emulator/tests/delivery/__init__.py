"""Tests of the emulator: delivery."""
