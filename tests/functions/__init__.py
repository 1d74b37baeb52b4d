"""Both functions, packaged, behind their templates on the local AWS emulator.

What is asserted is what AWS's services have in the end, never what a stack or a function says of
itself alone.
"""
