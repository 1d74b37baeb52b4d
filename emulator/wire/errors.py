"""The error that an emulated AWS operation answers with."""

from __future__ import annotations


class ApiError(Exception):
    """An AWS error: ``code`` and ``message`` as the client sees them.

    ``reason`` is the `Reason` member that Organizations adds to
    `InvalidInputException` and `ConstraintViolationException`.
    """

    def __init__(self, code: str, message: str, reason: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.reason = reason


def invalid_input(reason: str, message: str) -> ApiError:
    """`InvalidInputException` with one of AWS's reasons."""
    return ApiError("InvalidInputException", message, reason)


def constraint_violation(reason: str, message: str) -> ApiError:
    """`ConstraintViolationException` with one of AWS's reasons."""
    return ApiError("ConstraintViolationException", message, reason)
