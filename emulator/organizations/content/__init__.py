"""What AWS admits as the content of a backup policy."""
