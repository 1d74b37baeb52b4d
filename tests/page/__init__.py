"""The pages of `backupctl effective` and of the rehearsal, in headless Chromium."""
