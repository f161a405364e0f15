#!/usr/bin/env bash
# Measures KubeNova against its peers on a local platform of its own, which is
# started before and stopped afterwards, and then a full platform at rest on another
# one. Arguments go to hack/bench.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
dir=_data/bench

finish() {
    local status=$?
    if [[ ${status} -ne 0 ]]; then
        for log in "${dir}"/logs/kubenova-*.log; do
            [[ -f ${log} ]] || continue
            echo "== last lines of ${log}"
            tail -n 20 "${log}"
        done
    fi
    go run ./hack/localcluster down --dir "${dir}" || status=1
    exit "${status}"
}
trap finish EXIT

for full in false true; do
    go run ./hack/localcluster up --without vela --dir "${dir}"
    go run ./hack/bench --dir "${dir}" --full="${full}" "$@"
    go run ./hack/localcluster down --dir "${dir}"
done
