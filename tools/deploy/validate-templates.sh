#!/usr/bin/env bash
# The checks that need what only a build machine has: cfn-nag and the advisory database.
# make validate-templates has run every other check of the templates before.
set -euo pipefail

if ! command -v cfn_nag_scan >/dev/null; then
  echo 'error: cfn_nag_scan: not installed; run make install-validators' >&2
  exit 1
fi

# No deny list: a finding that is accepted says so at its resource, with a reason.
# --fail-on-warnings: a warning that nobody explained fails too.
cfn_nag_scan --fail-on-warnings --input-path cloudformation --template-pattern '.*\.yaml'
cfn_nag_scan --fail-on-warnings --input-path codebuild --template-pattern '.*\.yaml'

if [ -f "$HOME/.cargo/env" ]; then
  # shellcheck source=/dev/null
  . "$HOME/.cargo/env"
fi
make advisories
