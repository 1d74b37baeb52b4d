"""Who may do what: every call and everything that a service does for somebody is decided here.

To read in this order: `needs` (what is asked), `principals` (who asks), `documents` and
`conditions` (one policy), `evaluation` (all of them together), `gate` (where everybody asks),
`ledger` (what is remembered), `requests` (what a request needs, and where the base asks us),
`services` (what a service needs), `stacks` (what CloudFormation needs).
"""
