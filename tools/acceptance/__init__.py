"""`make acceptance`: the checklist for the first real account, as a command that brings evidence.

Read in this order: `steps` (the checklist, as data), `outcome` (what a look finds), `run` (looks,
does, looks again), `scene` (accounts and profiles), `state` (what is kept from day to day). Then a
file a subject: `deployed`, `resources`, `jobs`, `denials`, `membership`, `undo`; and what is
written of it: `report`, `remedies`, `anonymous`, `page`.
"""
