"""The demonstration behind ``make demo``, and the deployment helpers that the lifecycle tests share.

Reading order: ``names`` (accounts, OUs, stacks), ``emulator`` (start, stop and ask the local AWS),
``cli`` (the AWS CLI as a user runs it), ``stacks`` (CloudFormation through any client), ``solution``
(what is deployed, in which order), ``story`` (how it is told), ``chapters`` (what is told) and
``__main__`` (conditions, options, cleaning up).
"""
