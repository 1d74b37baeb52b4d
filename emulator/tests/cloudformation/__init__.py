"""Tests of the emulator: cloudformation."""
