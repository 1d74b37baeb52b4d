"""Tests of the emulator: permissions."""
