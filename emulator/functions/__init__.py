"""Lambda: a function's code, environment, role, log, and its asynchronous invocations."""
