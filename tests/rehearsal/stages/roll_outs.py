"""Follows the stack sets' operations: which of them has ended, where, and how."""

from ..names import HOME_REGION, MANAGEMENT

_UNDER_WAY = ("RUNNING", "QUEUED", "STOPPING")


class RollOuts:
    """Looks at all stack sets as the management account's administrator."""

    def __init__(self, administrators, console):
        self._administrators = administrators
        self._console = console
        self._told = set()

    def tell(self):
        """Tell each operation that has ended since the last time."""
        client = self._administrators.client("cloudformation", MANAGEMENT, HOME_REGION)
        for entry in client.list_stack_sets(Status="ACTIVE")["Summaries"]:
            name = entry["StackSetName"]
            found = client.list_stack_set_operations(StackSetName=name)["Summaries"]
            for operation in reversed(found):
                if operation["Status"] in _UNDER_WAY or operation["OperationId"] in self._told:
                    continue
                self._told.add(operation["OperationId"])
                results = client.list_stack_set_operation_results(
                    StackSetName=name, OperationId=operation["OperationId"]
                )["Summaries"]
                self._console.say("   " + sentence(name, operation, results))


def sentence(name, operation, results):
    """One line about an operation of a stack set that has ended."""
    # Whole seconds are all that CloudFormation says.
    seconds = int((operation["EndTimestamp"] - operation["CreationTimestamp"]).total_seconds())
    accounts = len({result["Account"] for result in results})
    regions = len({result["Region"] for result in results})
    failed = sum(result["Status"] == "FAILED" for result in results)
    return (
        f"stack set {name}: {operation['Action'].lower()} {operation['Status'].lower()} in "
        f"{_count(accounts, 'account')}, {_count(regions, 'Region')}"
        + (f", {failed} of {len(results)} instances failed" if failed else "")
        + f" ({seconds or 'under 1'} s)"
    )


def _count(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
