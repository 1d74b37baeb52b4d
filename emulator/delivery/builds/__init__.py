"""CodeBuild.

Reading order: ``buildspec``, ``shell`` and ``build`` (a build's phases in a shell), ``api``.
"""
