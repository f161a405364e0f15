#!/usr/bin/env bash
# Fails when a package reaches, directly or through others, a package of this
# module that it must not know. Rules on direct imports of libraries stand in
# .golangci.yaml, under depguard.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
module=$(go list -m)
failed=0

# deny <pattern of packages> <forbidden folder>...
deny() {
    local pattern=$1 forbidden reached
    shift
    reached=$(go list -deps "${pattern}")
    for forbidden in "$@"; do
        if grep -E "^${module}/${forbidden}(/|$)" <<<"${reached}"; then
            echo "${pattern} must not reach ${forbidden}" >&2
            failed=1
        fi
    done
}

for pure in render capsule kubevela network; do
    deny "./pkg/${pure}/..." pkg/clusters pkg/controllers pkg/generated/clientset
done
# The API server reaches clusters through pkg/connections, which stands on
# pkg/clusters; importing that one directly is refused by depguard.
deny ./pkg/registry/... pkg/controllers
deny ./pkg/apiserver/... pkg/controllers
deny ./pkg/facade/... pkg/registry pkg/apiserver pkg/clusters pkg/controllers
deny ./pkg/apis/... pkg/generated pkg/registry pkg/apiserver pkg/clusters pkg/controllers

exit "${failed}"
