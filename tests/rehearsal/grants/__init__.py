"""Which granted action a rehearsal has shown to be needed."""
