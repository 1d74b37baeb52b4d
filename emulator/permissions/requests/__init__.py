"""What a request needs: its action, its resources, and what goes with them."""
