"""Restore jobs, and how each kind of resource is restored."""
