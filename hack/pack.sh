#!/usr/bin/env bash
# Packs files of a folder: the same files make the same archive, whoever packs them.
# usage: hack/pack.sh <archive> <date> <folder> <file>...
set -euo pipefail

archive=$1 date=$2 folder=$3
shift 3
tar --create --sort=name --format=ustar --owner=0 --group=0 --numeric-owner --mode='u=rwX,go=rX' \
    --mtime="${date}" --directory="${folder}" "$@" | gzip -9n >"${archive}"
