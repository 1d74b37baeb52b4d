"""AWS Backup: recovery points, restores, copies, and their events.

Reading order: ``recovery_points``, ``kinds`` (how each kind of resource is backed up),
``restores`` and ``copies`` (the jobs), ``events``, ``api``; ``service`` puts them together.
``instances`` and ``clusters`` are of EC2 and RDS what restores need and the base lacks.
"""
