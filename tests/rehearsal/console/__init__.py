"""What a rehearsal prints while it goes on."""
