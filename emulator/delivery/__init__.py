"""From a commit to what it deploys: CodeCommit, CodePipeline and CodeBuild.

Reading order: ``repositories`` and ``repository_api`` (commits, and the event of
each), ``pipelines`` (what there is), ``declaration`` (what a pipeline may be),
``execution`` (stages one after another, who waits and who is superseded),
``actions`` (what each provider does), ``pipeline_api``; ``buildspec``, ``shell``
and ``builds`` (a build's phases in a shell), ``build_api``; ``types`` (the
CloudFormation types), ``start`` (the event that starts a pipeline).
"""
