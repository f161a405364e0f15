#!/usr/bin/env bash
# Runs one test suite and keeps its results as go test's JSON events in _results/<suite>.json.
# usage: hack/test.sh <suite> <folder> <arguments of go test>...
# TEST_FORMAT is gotestsum's format.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
suite=$1
folder=$2
shift 2

gotestsum=$("${root}/hack/tool.sh" gotestsum)
mkdir -p "${root}/_results"
rm -f "${root}/_results/${suite}.json"
echo "== ${suite} tests"
cd "${root}/${folder}"
"${gotestsum}" --format "${TEST_FORMAT:-pkgname}" --format-hide-empty-pkg --jsonfile "${root}/_results/${suite}.json" -- "$@"
