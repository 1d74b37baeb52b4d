"""Calls to AWS as they are on the wire, and calls from one emulated service to another."""
