"""DescribeStackResources by a physical id: which stack has this resource?

The base knows stacks by name only, so the request is given the name of the stack that it means.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from ministack.services import cloudformation


def by_physical_id(body: bytes) -> bytes:
    """The request, with the stack's name where it had a resource's id.

    Without such a stack the id itself is left as the name, which finds none, as AWS says it.
    """
    form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    wanted = form.get("PhysicalResourceId")
    if form.get("Action") != "DescribeStackResources" or not wanted or form.get("StackName"):
        return body
    del form["PhysicalResourceId"]
    form["StackName"] = next(
        (
            str(stack["StackId"])
            for stack in cloudformation._stacks.values()
            if stack["StackStatus"] != "DELETE_COMPLETE"
            and any(
                record.get("PhysicalResourceId") == wanted
                for record in stack.get("_resources", {}).values()
            )
        ),
        wanted,
    )
    return urlencode(form).encode()
