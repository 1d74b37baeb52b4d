"""A local AWS for the tests: an unmodified ministack plus this plug-in.

Start it with ``python -m emulator --port N`` from the folder above. See README.md for
what is emulated, what is not, and what can fool you.

A room for each of AWS's services: ``organizations`` (with the fixed organization that everything
starts from), ``cloudformation``, ``stack_sets``, ``functions``, ``events``, ``backup``, ``tags``,
``delivery``; ``permissions`` with what AWS publishes about them (``published``). Around them
``frame`` (one port, faults, call log, control plane), ``wire`` (requests, and how services call
each other), ``base`` (every private name of ministack that is used). ``plugin`` puts it together.
"""
