"""The emulator, started as a child and spoken to with boto3."""
