#!/usr/bin/env bash
# The checks that need what only a build machine has: cfn-nag, AWS's registry of rules, the advisory
# database. make validate-templates has run every other check before.
set -euo pipefail

if ! command -v cfn_nag_scan >/dev/null; then
  echo 'error: cfn_nag_scan: not installed; run make install-validators' >&2
  exit 1
fi

# No deny list: a finding that is accepted says so at its resource, with a reason.
# Its failures stop the pipeline; its warnings are printed.
cfn_nag_scan --input-path cloudformation --template-pattern '.*\.yaml'
cfn_nag_scan --input-path codebuild --template-pattern '.*\.yaml'

make check-guard-registry advisories
