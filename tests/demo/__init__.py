"""The short tour behind ``make demo``: policies and restores in a local AWS.

``chapters`` and ``restores`` are what is shown, ``edits`` changes the template as a user does,
``story`` prints, ``__main__`` has conditions, options and cleaning up.
"""
