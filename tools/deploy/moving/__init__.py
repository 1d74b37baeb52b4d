"""What an account has already, taken over by the stacks."""
