"""The process: one port, one log, faults, the control plane, and what is under way.

Reading order: ``server`` (starts and stops), ``gateway`` (every request comes through it),
``control_plane`` (what tests see and change), ``faults``, ``call_log``, ``under_way``.
"""
