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

krew=$(hack/tool.sh krew)

fail() {
    echo "$*" >&2
    exit 1
}

cd _out/release
sha256sum --check --strict --quiet SHA256SUMS
[[ $(wc -l <SHA256SUMS) -eq $(find . -type f ! -name SHA256SUMS | wc -l) ]] || fail "there are files without a checksum"

tar -xzf "kubenova_${tag}_${os}_${arch}.tar.gz" -C "${dir}"
[[ $("${dir}/kubenova" --version) == *"${version}"* ]] || fail "kubenova says $("${dir}/kubenova" --version), not ${version}"
[[ -s ${dir}/LICENSE ]] || fail "the archive has no license"

# krew reads the manifest, and checks the archive against it.
KREW_ROOT=${dir}/krew "${krew}" install --manifest=kubenova.yaml --archive="kubectl-kubenova_${os}_${arch}.tar.gz" >/dev/null 2>&1 ||
    fail "krew does not install the plugin"
said=$("${dir}/krew/bin/kubectl-kubenova" --version)
[[ ${said} == *"${version}"* ]] || fail "the plugin says ${said}, not ${version}"
while read -r archive; do
    [[ -f ${archive} ]] || fail "the manifest names ${archive}, which is not in the release"
done < <(sed -n 's|^ *uri: .*/||p' kubenova.yaml)

jq -e '.bomFormat == "CycloneDX" and ([.components[].name] | index("k8s.io/apiserver") != null)' \
    "kubenova_${tag}_${os}_${arch}.cdx.json" >/dev/null || fail "the bill of materials does not name k8s.io/apiserver"

mkdir "${dir}/chart" "${dir}/image" "${dir}/root"
tar -xzf "kubenova-chart_${tag}.tgz" -C "${dir}/chart"
grep -qx "version: ${version#v}" "${dir}/chart/kubenova/Chart.yaml" || fail "the chart has another version"
[[ -s ${dir}/chart/kubenova/files/dashboard.json ]] || fail "the chart has no dashboard"
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
