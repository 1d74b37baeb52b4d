"""Tests of the emulator: services."""
