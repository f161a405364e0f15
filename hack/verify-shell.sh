#!/usr/bin/env bash
# Checks the syntax of every shell script, and lints it where shellcheck is installed.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
mapfile -t scripts < <(find .ci/run hack test -name testdata -prune -o -type f \( -name '*.sh' -o -path .ci/run \) -print | sort)
for script in "${scripts[@]}"; do
    bash -n "${script}"
done
if command -v shellcheck >/dev/null; then
    shellcheck "${scripts[@]}"
else
    echo "shellcheck is not installed: syntax checked only" >&2
fi
