#!/usr/bin/env bash
# Checks what make release has made for this platform: checksums, the version of the
# programs, the chart, the bill of materials and the image.
# usage: hack/verify-release.sh <version>
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=$1
tag=${version//+/-}
os=$(go env GOHOSTOS) arch=$(go env GOHOSTARCH)
dir=$(mktemp -d)
trap 'rm -rf "${dir}"' EXIT

fail() {
    echo "$*" >&2
    exit 1
}

cd _out/release
sha256sum --check --strict --quiet SHA256SUMS
[[ $(wc -l <SHA256SUMS) -eq $(find . -type f ! -name SHA256SUMS | wc -l) ]] || fail "there are files without a checksum"

tar -xzf "kubenova_${tag}_${os}_${arch}.tar.gz" -C "${dir}"
tar -xzf "kubectl-kubenova_${tag}_${os}_${arch}.tar.gz" -C "${dir}"
[[ $("${dir}/kubenova" --version) == *"${version}"* ]] || fail "kubenova says $("${dir}/kubenova" --version), not ${version}"
"${dir}/kubectl-kubenova" --help >/dev/null
[[ -s ${dir}/LICENSE ]] || fail "the archive has no license"

jq -e '.bomFormat == "CycloneDX" and ([.components[].name] | index("k8s.io/apiserver") != null)' \
    "kubenova_${tag}_${os}_${arch}.cdx.json" >/dev/null || fail "the bill of materials does not name k8s.io/apiserver"

mkdir "${dir}/chart" "${dir}/image" "${dir}/root"
tar -xzf "kubenova-chart_${tag}.tgz" -C "${dir}/chart"
grep -qx "version: ${version#v}" "${dir}/chart/kubenova/Chart.yaml" || fail "the chart has another version"
grep -qx "appVersion: ${tag}" "${dir}/chart/kubenova/Chart.yaml" || fail "the chart has another appVersion"

# The program in the image is the one in the archive.
tar -xf "kubenova-image_${tag}.tar" -C "${dir}/image"
blob() { echo "${dir}/image/blobs/${1/:/\/}"; }
index=$(jq -r '.manifests[0].digest' "${dir}/image/index.json")
manifest=$(jq -r '.manifests[0].digest' "$(blob "${index}")")
layer=$(jq -r '.layers[0].digest' "$(blob "${manifest}")")
tar -xzf "$(blob "${layer}")" -C "${dir}/root"
cmp "${dir}/root/kubenova" "${dir}/kubenova" || fail "the image holds another program than the archive"
echo "the release ${version} is whole"
