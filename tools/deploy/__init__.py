"""Deploys the solution: what `make prepare-organization`, `deploy-*`, `publish-*` and others run.

Read in this order: `stacks` (what exists), `targets` (the values typed once), `cloudformation`
(create, update, delete), `accounts` (which stacks make an account), `organization` (what the
organization needs first), then what builds run: `packages`, `templates`, `org_policy`.
"""
