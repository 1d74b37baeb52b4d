"""The demonstration behind ``make demo``, and deployment helpers that the lifecycle tests share.

Reading order: ``names`` (accounts, OUs, paths), ``interruption`` (a clean end at any moment),
``emulator`` (start, stop and ask the local AWS),
``cli`` (the AWS CLI as a user runs it), ``stacks`` (CloudFormation through any client),
``solution`` (what is deployed), ``observe`` (what the organization looks like), ``edits`` (of the
template, as a user makes them), ``story`` (how it is told), ``chapters`` (what is told) and
``__main__`` (conditions, options, cleaning up).
"""
