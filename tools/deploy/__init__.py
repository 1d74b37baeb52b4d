"""Deploys the solution: what `make prepare-organization`, `deploy-*`, `publish-*` and others run.

Read in this order: `stacks` (what exists), `targets` (the values typed once), `cloudformation`
(create, update, delete), `accounts` (which stacks make an account). Then a room for each subject:
`preparing` (what the organization and its accounts need first), `pipeline` (what feeds it and what
its builds run; `templates` beside it uploads the stack sets' own), `moving` (what an account has
already), `removal` (how stacks go). `cost` asks no AWS; `build_machine` is for the pipeline's.
"""
