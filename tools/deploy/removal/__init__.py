"""How stacks go, and what outlives them."""
