#!/usr/bin/env bash
# Runs the end-to-end tests: those of bootstrap against a cluster of their own
# that has neither Capsule nor KubeVela, all others against the local platform of
# `make up`. If that is not up, it is started, and stopped afterwards. The user's
# guide empties a cluster in its last section, so there is one for it. When a test
# fails, the ends of the processes' logs are shown.
# usage: hack/e2e.sh [guide|attack]   guide runs the guide alone, attack the attacks
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
up=_data/up
empty=_data/up-empty
scratch=_data/up-scratch

# An env file alone may be left from before a restart of the machine.
is_up() {
    [[ -f ${up}/env ]] && go run ./hack/localcluster status | awk '$3 == "true" {runs = 1} END {exit !runs}'
}

# show_logs <folder of a platform>
show_logs() {
    local log
    for log in "$1"/logs/*.log; do
        [[ -f ${log} ]] || continue
        echo "== last lines of ${log}"
        tail -n 40 "${log}"
    done
}

finish() {
    local status=$? dir
    [[ ${status} -eq 0 ]] || { show_logs "${empty}"; show_logs "${up}"; }
    for dir in "${empty}" "${scratch}"; do
        go run ./hack/localcluster down --dir "${dir}" || status=1
    done
    if [[ -n ${started} ]]; then
        make --no-print-directory down || status=1
    fi
    exit "${status}"
}

started=
trap finish EXIT

# bootstrap_tests runs the tests of bootstrap on the empty cluster.
bootstrap_tests() {
    go run ./hack/localcluster up --without kubenova,capsule,vela --dir "${empty}"
    BOOTSTRAP_KUBECONFIG=${PWD}/${empty}/kubeconfig \
        hack/test.sh bootstrap . -tags e2e -count=1 -timeout 15m -run '^TestCluster' ./pkg/bootstrap || {
        failed=1
        show_logs "${empty}"
    }
    go run ./hack/localcluster down --dir "${empty}"
}

failed=0
only=${1:-}
[[ -n ${only} ]] || bootstrap_tests
if ! is_up; then
    started=yes
    make --no-print-directory up
fi
set -a
# shellcheck source=/dev/null
source "${up}/env"
set +a
if [[ ${only} == attack ]]; then
    go run ./hack/attack
    exit
fi
go run ./hack/localcluster down --dir "${scratch}"
go run ./hack/localcluster up --without kubenova,capsule,vela --dir "${scratch}"
export SCRATCH_KUBECONFIG=${PWD}/${scratch}/kubeconfig
case ${only} in
guide) TEST_FORMAT=standard-verbose hack/test.sh guide . -tags e2e -count=1 -timeout 15m -run '^TestGuide$' ./test/e2e || failed=1 ;;
*) hack/test.sh e2e . -tags e2e -count=1 -timeout 30m ./test/e2e/... || failed=1 ;;
esac
exit "${failed}"
