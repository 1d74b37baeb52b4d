"""Seeded defects, faults and missing permissions that a rehearsal must name; and its parts."""
