#!/usr/bin/env bash
# Installs cfn-nag on a build machine. Everything else that validates comes with the make targets.
set -euo pipefail

CFN_NAG_VERSION=0.8.10

gem install --no-document cfn-nag --version "$CFN_NAG_VERSION"
