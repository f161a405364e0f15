#!/usr/bin/env bash
# Kills, pauses and restarts real processes under load: see docs/reliability.md. The
# host cluster is started before and stopped afterwards. Arguments go to go test.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
dir=_data/reliability

finish() {
    local status=$?
    if [[ ${status} -ne 0 ]]; then
        for log in "${dir}"/logs/{kubenova,etcd}-*.log; do
            [[ -f ${log} && ${log} != *-audit.log ]] || continue
            echo "== last lines of ${log}"
            tail -n 20 "${log}"
        done
    fi
    go run ./hack/localcluster down --dir "${dir}" || status=1
    exit "${status}"
}
trap finish EXIT

go run ./hack/localcluster up --without kubenova,capsule,vela --dir "${dir}"
RELIABILITY_TOOLS=$(go run ./hack/localcluster tools --print-path)
export RELIABILITY_TOOLS RELIABILITY_HOST=${PWD}/${dir} RELIABILITY_KUBENOVA=${PWD}/bin/kubenova
hack/test.sh reliability . -tags reliability -count=1 "$@" ./test/reliability
