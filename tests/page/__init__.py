"""The page of findings and the rehearsal's page, in a headless browser."""
