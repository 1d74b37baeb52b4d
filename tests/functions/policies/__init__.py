"""Stacks of `Custom::BackupOrgPolicy` through their whole life.

CloudFormation drives the packaged function, and every test asserts what the organization looks
like in the end.
"""
