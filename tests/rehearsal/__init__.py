"""The rehearsal: the whole solution deployed on this machine, as the deployment guide says.

``python -m rehearsal`` brings up the emulated organization, types the guide's
commands in a working copy of this repository, lets a commit go through the real
pipeline, and looks at what is in every account and Region afterwards.

Reading order: ``names``, ``people`` (whose credentials), ``checkout`` (the working
copy), ``typed`` (make targets as a person types them), ``watch`` and ``roll_outs``
(the pipeline and the stack sets), ``landscape`` (what there is, and what there
should be), ``restores`` and ``membership`` (what happens in member accounts),
``story`` (the stages), ``telling`` (how it is told as it goes), ``recorder`` (runs the
stages), ``result`` (what it came to, as plain values), ``gather`` and ``inventory``
(where these come from), ``report`` and ``page`` (pure: how they are shown), ``guard``
and ``__main__``. What stays: ``up``, ``running``, ``profiles``, ``session``, ``shell``,
``down``.
"""
