"""The one error that a user sees: the thing, the reason, the remedy, on one line."""


class Problem(Exception):
    """Something a person has to put right. `str()` is the line to print."""

    def __init__(self, thing: str, reason: str, remedy: str):
        super().__init__(f"{thing}: {reason}; {remedy}")


def aws_reason(error) -> str:
    """The code and message of a botocore `ClientError`, on one line."""
    details = error.response.get("Error", {})
    message = " ".join(str(details.get("Message", "")).split())
    return (
        f"{details.get('Code', 'unknown error')}: {message}"
        if message
        else str(details.get("Code"))
    )
