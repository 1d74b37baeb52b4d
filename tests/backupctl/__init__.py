"""The command line's live commands on the emulated organization."""
