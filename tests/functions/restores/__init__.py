"""TagOnRestore's package behind its template, in a member account.

A test looks at the tags that the resources have in their own services, at the call log and at the
queues, never at what the function says of itself alone.
"""
