"""What the organization and its accounts need that no stack gives them."""
