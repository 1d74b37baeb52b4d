"""CloudFormation's stacks, where the base does otherwise than AWS.

Reading order: ``deployers`` (who deploys), ``custom_resources`` with ``answers`` and
``failed_creates``, ``resource_types`` (types that the base lacks), ``stack_*`` (what a user sees).
"""
