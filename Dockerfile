# syntax=docker/dockerfile:1
# The image of KubeNova. hack/image makes the same one without a container engine,
# and its test compares the two.
# The compiler runs on the builder's platform and compiles for the image's.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The build context has no git history to tell them from.
ARG VERSION=v0.0.0-dev
ARG COMMIT=unknown
ARG BUILD_DATE=1970-01-01T00:00:00Z
ARG TARGETOS=linux
ARG TARGETARCH=amd64
RUN GOOS="${TARGETOS}" GOARCH="${TARGETARCH}" make build BINARIES=kubenova \
    VERSION="${VERSION}" COMMIT="${COMMIT}" BUILD_DATE="${BUILD_DATE}"

FROM scratch
ARG VERSION=v0.0.0-dev
ARG COMMIT=unknown
ARG BUILD_DATE=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="KubeNova" \
      org.opencontainers.image.description="Multi-tenant platform API for Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/kubenova/kubenova" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}" \
      org.opencontainers.image.created="${BUILD_DATE}"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/bin/kubenova /kubenova
USER 65532:65532
ENTRYPOINT ["/kubenova"]
