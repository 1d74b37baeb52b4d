"""Pages of one file: no scripts, no requests; for light and dark, wide and narrow windows."""
