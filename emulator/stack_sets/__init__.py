"""CloudFormation stack sets: self-managed and service-managed, with automatic deployment.

The base has none. Reading order: ``model`` (what there is), ``targets`` (which
accounts a request means), ``rollout`` (how many at once, and when to stop),
``instances`` (one stack in one account and Region, with the roles that AWS uses),
``operations`` (an operation from start to end), ``auto_deployment``, ``requests``,
``imports`` and ``api`` (the operations of the API), ``resource_type`` (the CloudFormation type,
which calls that API as its published handler does).
"""
