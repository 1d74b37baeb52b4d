"""Tests of the emulator: organizations."""
