"""The solution left running on this machine: ``up``, ``shell``, ``down``."""
