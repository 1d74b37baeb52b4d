"""What a service needs for what it does in somebody's name."""
