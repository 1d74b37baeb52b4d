"""Tests of the emulator: backup."""
