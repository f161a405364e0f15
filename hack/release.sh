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

# build <program> <os> <arch>: prints the path of the program.
build() {
    local path=${out}/.build/$2-$3/$1
    [[ $2 != windows ]] || path+=.exe
    GOOS=$2 GOARCH=$3 go build -trimpath -ldflags "${LDFLAGS}" -o "${path}" "./cmd/$1"
    echo "${path}"
}

# pack <archive> <folder> <files>...: the same files make the same archive.
pack() {
    local archive=$1 folder=$2
    shift 2
    tar --create --sort=name --format=ustar --owner=0 --group=0 --numeric-owner --mode='u+rw,go=rX' \
        --mtime="${BUILD_DATE}" --directory="${folder}" "$@" | gzip -9n >"${archive}"
}

# archive <program> <os> <arch> <path>
archive() {
    cp LICENSE "$(dirname "$4")/"
    pack "${out}/$1_${tag}_$2_$3.tar.gz" "$(dirname "$4")" "$(basename "$4")" LICENSE
}

# chart packs the chart with the version of the release.
chart() {
    local stage=${out}/.build/chart
    mkdir -p "${stage}"
    cp -R charts/kubenova "${stage}/"
    sed -i -e "s/^version: .*/version: ${VERSION#v}/" -e "s/^appVersion: .*/appVersion: ${tag}/" "${stage}/kubenova/Chart.yaml"
    pack "${out}/kubenova-chart_${tag}.tgz" "${stage}" kubenova
}

rm -rf "${out}"
mkdir -p "${out}"
cyclonedx=$(hack/tool.sh cyclonedx-gomod)
image=()
for platform in ${PLATFORMS}; do
    os=${platform%/*} arch=${platform#*/}
    echo "==> ${platform}"
    archive kubectl-kubenova "${os}" "${arch}" "$(build kubectl-kubenova "${os}" "${arch}")"
    [[ ${os} == linux ]] || continue
    server=$(build kubenova "${os}" "${arch}")
    archive kubenova "${os}" "${arch}" "${server}"
    bom=${out}/kubenova_${tag}_${os}_${arch}.cdx.json
    "${cyclonedx}" bin -json -noserial -notimestamp -version "${VERSION}" -output "${bom}" "${server}"
    image+=(--binary "${platform}=${server}" --sbom "${platform}=${bom}")
done
echo "==> image and chart"
[[ ${#image[@]} -eq 0 ]] || go run ./hack/image --version "${tag}" --revision "${COMMIT}" --created "${BUILD_DATE}" \
    "${image[@]}" --output "${out}/kubenova-image_${tag}.tar"
chart
rm -rf "${out}/.build"
(cd "${out}" && sha256sum -- * >SHA256SUMS)
ls -lh "${out}"
