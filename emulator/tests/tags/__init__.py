"""Tests of the emulator: tags."""
