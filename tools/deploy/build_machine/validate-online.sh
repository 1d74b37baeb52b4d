#!/usr/bin/env bash
# The checks that need what others publish: cfn-nag, AWS's registry of rules, known vulnerabilities and
# yanked crates. make validate-templates runs every other check before.
# ONLINE_CHECKS=report prints what they find, or why they could not be made, and lets the run go on.
set -euo pipefail

CFN_NAG_VERSION=0.8.10

case ${ONLINE_CHECKS:=required} in
  required | report) ;;
  *)
    echo "error: ONLINE_CHECKS: \`$ONLINE_CHECKS\` is not required or report" >&2
    exit 2
    ;;
esac

# No deny list: a finding that is accepted says so at its resource, with a reason.
# Its failures count; its warnings are printed.
cfn_nag() {
  if ! command -v cfn_nag_scan >/dev/null; then
    gem install --no-document cfn-nag --version "$CFN_NAG_VERSION" || return 1
  fi
  cfn_nag_scan --input-path cloudformation --template-pattern '.*\.yaml' \
    && cfn_nag_scan --input-path codebuild --template-pattern '.*\.yaml'
}

# All three, whatever comes of the first.
failed=()
cfn_nag || failed+=(cfn-nag)
make check-guard-registry || failed+=(check-guard-registry)
make advisories || failed+=(advisories)

if [ ${#failed[@]} -eq 0 ]; then
  exit 0
fi
echo "validate-online: failed, or could not be made: ${failed[*]}" >&2
if [ "$ONLINE_CHECKS" = report ]; then
  echo 'validate-online: the run goes on, because ONLINE_CHECKS is report' >&2
  exit 0
fi
echo 'error: for a change that cannot wait see "An urgent change" in docs/deployment.md' >&2
exit 1
