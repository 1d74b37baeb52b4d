"""AWS Organizations and Account Management: the tree, its policies, and who belongs to it.

Reading order: ``landscape`` (what there is at the start), ``organization``, ``policies``,
``api`` (the operations, in ``tree_operations``, ``policy_operations`` and ``service_access``).
"""
