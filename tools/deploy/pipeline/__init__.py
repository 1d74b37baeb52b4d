"""What the pipeline is fed with, and what its stages and builds run."""
