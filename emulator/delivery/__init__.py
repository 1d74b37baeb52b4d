"""From a commit to what it deploys: CodeCommit, CodePipeline and CodeBuild.

Reading order: ``repositories`` (commits, and the event of each), ``pipelines``, ``builds``,
``types`` (the CloudFormation types), ``start`` (the event that starts a pipeline).
"""
