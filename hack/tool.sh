#!/usr/bin/env bash
# Prints the path of a development tool, and builds it first if it is missing.
# usage: hack/tool.sh <module under hack/tools>
# The binary lies in Go's cache folder under a key of everything it depends on:
# a fresh clone finds it again, and a changed go.mod builds another.
set -euo pipefail

name=$1
module=$(cd "$(dirname "${BASH_SOURCE[0]}")/tools/${name}" && pwd)
key=$({ cat "${module}/go.mod" "${module}/go.sum"; go version; } | sha256sum | cut -c1-12)
binary=$(go env GOCACHE)/kubenova-tools/${name}-${key}/${name}

if [[ ! -x ${binary} ]]; then
    echo "building ${name} ..." >&2
    mkdir -p "$(dirname "${binary}")"
    # Renamed into place: half a build is never found.
    (cd "${module}" && GOWORK=off CGO_ENABLED=0 go build -trimpath -o "${binary}.$$" tool)
    mv "${binary}.$$" "${binary}"
fi
echo "${binary}"
