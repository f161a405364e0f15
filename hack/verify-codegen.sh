#!/usr/bin/env bash
# Fails when the generated code is not what hack/update-codegen.sh would make.
set -o errexit -o nounset -o pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
before=$(mktemp -d)
trap 'rm -rf "${before}"' EXIT
cp -a "${root}/pkg" "${root}/hack/codegen" "${before}/"

"${root}/hack/update-codegen.sh" >"${before}/log" 2>&1 || { cat "${before}/log" >&2; exit 1; }

if ! diff -Naupr "${before}/pkg" "${root}/pkg" || ! diff -Naupr "${before}/codegen" "${root}/hack/codegen"; then
    echo "generated code is out of date: run make update" >&2
    exit 1
fi
