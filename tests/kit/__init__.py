"""What the suites on the emulator share.

``names`` (accounts, OUs, paths), ``environment`` (of child processes), ``interruption`` (a clean
end at any moment), ``emulator`` (start, stop and ask the local AWS), ``clients`` (of AWS),
``wait``, ``isolation`` (tests beside each other), ``stacks`` and ``solution`` (what is deployed),
``templates``, ``observe`` (what the organization has), ``cli`` (the AWS CLI as a user runs it).
"""
