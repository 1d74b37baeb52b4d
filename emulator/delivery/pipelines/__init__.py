"""CodePipeline.

Reading order: ``model`` (what there is), ``declaration`` (what a pipeline may be), ``execution``
(stages one after another, who waits and who is superseded), ``actions`` (what each provider
does), ``api``.
"""
