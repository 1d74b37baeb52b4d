"""Stacks of `Custom::BackupOrgPolicy` through their whole life, on the local AWS emulator.

The packaged function runs, CloudFormation drives it, and every test asserts what the organization
looks like in the end, never a stack's status alone.
"""
