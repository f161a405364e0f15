#!/usr/bin/env bash
# Makes everything that a release consists of, in _out/release: the programs for each
# platform, the image as a tarball, the chart, bills of materials and checksums.
# The same commit gives the same bytes. make release calls it, with the version in
# the environment: VERSION, COMMIT, BUILD_DATE and LDFLAGS.
# PLATFORMS are those of the plugin; the server and its image are for Linux.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${VERSION:?}" "${COMMIT:?}" "${BUILD_DATE:?}" "${LDFLAGS:?}" "${PLATFORMS:?}"
out=_out/release
export CGO_ENABLED=0
# What a tag or a file name cannot hold, such as the + of builds between releases.
tag=${VERSION//+/-}

rm -rf "${out}"
mkdir -p "${out}"
cyclonedx=$(hack/tool.sh cyclonedx-gomod)
echo "==> kubectl plugin"
go run ./hack/krew -version "${VERSION}" -ldflags "${LDFLAGS}" -platforms "${PLATFORMS}" -dir "${out}"
image=()
for platform in ${PLATFORMS}; do
    os=${platform%/*} arch=${platform#*/}
    [[ ${os} == linux ]] || continue
    echo "==> server for ${platform}"
    folder=${out}/.build/${os}-${arch} name=kubenova_${tag}_${os}_${arch}
    mkdir -p "${folder}"
    GOOS=${os} GOARCH=${arch} go build -trimpath -ldflags "${LDFLAGS}" -o "${folder}/" ./cmd/kubenova
    cp LICENSE "${folder}/"
    hack/pack.sh "${out}/${name}.tar.gz" "${BUILD_DATE}" "${folder}" kubenova LICENSE
    "${cyclonedx}" bin -json -noserial -notimestamp -version "${VERSION}" -output "${out}/${name}.cdx.json" "${folder}/kubenova"
    image+=(--binary "${platform}=${folder}/kubenova" --sbom "${platform}=${out}/${name}.cdx.json")
done
echo "==> image and chart"
[[ ${#image[@]} -eq 0 ]] || go run ./hack/image --version "${tag}" --revision "${COMMIT}" --created "${BUILD_DATE}" \
    "${image[@]}" --output "${out}/kubenova-image_${tag}.tar"
hack/chart.sh "${VERSION}" "${BUILD_DATE}" "${out}/kubenova-chart_${tag}.tgz"
rm -rf "${out}/.build"
(cd "${out}" && sha256sum -- * >SHA256SUMS)
ls -lh "${out}"
