"""What happens, and what has to be there afterwards.

Reading order: ``administrators`` (whose credentials), ``checkout`` (the working copy),
``commands`` (as a person types them), ``watch`` and ``roll_outs`` (the pipeline and the stack
sets), ``expectations``, then what happens: ``restores``, ``copies``, ``failed_restores``,
``membership``, and ``story`` with all stages in order.
"""
