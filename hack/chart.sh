#!/usr/bin/env bash
# Packs the chart with the version of a release, and with the files that it links to.
# usage: hack/chart.sh <version> <date> <archive>
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=$1 date=$2 archive=$3
stage=$(mktemp -d)
trap 'rm -rf "${stage}"' EXIT

cp -RL charts/kubenova "${stage}/"
# The tag of an image cannot hold the + of builds between releases.
sed -i -e "s/^version: .*/version: ${version#v}/" -e "s/^appVersion: .*/appVersion: ${version//+/-}/" "${stage}/kubenova/Chart.yaml"
hack/pack.sh "${archive}" "${date}" "${stage}" kubenova
