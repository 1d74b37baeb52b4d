"""The rehearsal: the whole solution deployed on this machine, as the deployment guide says.

``python -m rehearsal`` brings up the emulated organization, types the guide's
commands in a working copy of this repository, lets a commit go through the real
pipeline, and looks at what is in every account and Region afterwards.

Reading order: ``names``, ``people`` (whose credentials), ``checkout`` (the working
copy), ``typed`` (make targets as a person types them), ``watch`` (the pipeline),
``landscape`` (what there is, and what there should be), ``restores`` and ``membership``
(what happens in member accounts), ``story`` (the stages), ``report`` and ``__main__``.
"""
