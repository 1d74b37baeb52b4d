"""A local AWS for the tests: an unmodified ministack plus this plug-in.

Start it with ``python -m emulator --port N`` from the folder above. See README.md for
what is emulated, what is not, and what can fool you.

Reading order: ``landscape`` (the fixed organization), ``organization`` and the
modules beside it (AWS Organizations, no ministack in them), ``functions`` and
``custom_resources`` (Lambda and CloudFormation), ``credentials``, ``loopback`` and ``deployers``
(how services call each other), ``stack_sets`` and ``delivery`` (services that the base lacks),
``gateway`` (faults, call log,
control plane), ``patches`` (every private name of the base that is replaced),
``server`` and ``__main__``.
"""
