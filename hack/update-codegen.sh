#!/usr/bin/env bash
# Generates deepcopy, defaults, validation, OpenAPI, client, listers, informers
# and apply configurations from pkg/apis, and what is made of the contract of the
# REST door, api/openapi. Its twin is hack/verify-codegen.sh.
set -o errexit -o nounset -o pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
module=github.com/kubenova/kubenova
cd "${root}"

# The generators are installed apart, so that they never meet another version's.
GOBIN=$(go env GOCACHE)/kubenova-codegen
export GOBIN
codegen=$(go list -m -f '{{.Dir}}' k8s.io/code-generator)
# shellcheck source=/dev/null
source "${codegen}/kube_codegen.sh"

# validation-gen stops at metav1.Condition while its package is read-only; the
# types here tag it opaque, so for this step alone the package is left out.
all_readonly=("${KUBE_CODEGEN_READONLY_PKGS[@]}")
KUBE_CODEGEN_READONLY_PKGS=()
for pkg in "${all_readonly[@]}"; do
    [[ "${pkg}" == k8s.io/apimachinery/pkg/apis/meta/v1 ]] || KUBE_CODEGEN_READONLY_PKGS+=("${pkg}")
done
kube::codegen::gen_helpers --boilerplate hack/boilerplate.go.txt pkg/apis
KUBE_CODEGEN_READONLY_PKGS=("${all_readonly[@]}")

kube::codegen::gen_openapi \
    --output-dir pkg/generated/openapi \
    --output-pkg "${module}/pkg/generated/openapi" \
    --output-model-name-file zz_generated.model_name.go \
    --report-filename hack/codegen/openapi-violations.list \
    --update-report \
    --boilerplate hack/boilerplate.go.txt \
    pkg/apis

schema=$(mktemp)
trap 'rm -f "${schema}"' EXIT
go run ./hack/codegen/models-schema >"${schema}"

kube::codegen::gen_client \
    --with-watch \
    --with-applyconfig \
    --applyconfig-openapi-schema "${schema}" \
    --output-dir pkg/generated \
    --output-pkg "${module}/pkg/generated" \
    --boilerplate hack/boilerplate.go.txt \
    pkg/apis

# The contract of the REST door: checked, as JSON and as a page for the server to
# serve, and as a Go client.
contract=api/openapi/v1.yaml
go run ./hack/codegen/rest-contract "${contract}" pkg/facade/contract
"$(hack/tool.sh oapi-codegen)" -config pkg/client/rest/oapi-codegen.yaml "${contract}"
