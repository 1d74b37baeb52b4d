"""Tests of the emulator: functions."""
