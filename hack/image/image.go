package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	// nonRoot is the user of the image, as distroless images have it.
	nonRoot    = "65532:65532"
	entrypoint = "/kubenova"

	annotationRefName = "org.opencontainers.image.ref.name"
	sbomType          = "application/vnd.cyclonedx+json"
)

// labels of the image, those of the Dockerfile.
func (o options) labels() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":       "KubeNova",
		"org.opencontainers.image.description": "Multi-tenant platform API for Kubernetes",
		"org.opencontainers.image.licenses":    "Apache-2.0",
		"org.opencontainers.image.source":      "https://github.com/kubenova/kubenova",
		"org.opencontainers.image.version":     o.version,
		"org.opencontainers.image.revision":    o.revision,
		"org.opencontainers.image.created":     o.created.Format(time.RFC3339),
	}
}

// build returns what the layout lists: the image, which is an index of one image for
// each platform, and the bills of materials, which refer to those.
func build(o options) (v1.ImageIndex, error) {
	image := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	layout := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	var boms []mutate.IndexAddendum
	for _, name := range slices.Sorted(maps.Keys(o.binaries)) {
		platform, err := v1.ParsePlatform(name)
		if err != nil {
			return nil, err
		}
		one, err := imageFor(o, *platform, o.binaries[name])
		if err != nil {
			return nil, fmt.Errorf("the image for %s: %w", name, err)
		}
		image = mutate.AppendManifests(image, mutate.IndexAddendum{Add: one, Descriptor: v1.Descriptor{Platform: platform}})
		if o.sboms[name] == "" {
			continue
		}
		bom, err := billOf(one, o.sboms[name])
		if err != nil {
			return nil, fmt.Errorf("the bill of materials for %s: %w", name, err)
		}
		boms = append(boms, mutate.IndexAddendum{Add: bom, Descriptor: v1.Descriptor{ArtifactType: sbomType}})
	}
	named := v1.Descriptor{Annotations: map[string]string{annotationRefName: o.version}}
	layout = mutate.AppendManifests(layout, mutate.IndexAddendum{Add: image, Descriptor: named})
	return mutate.AppendManifests(layout, boms...), nil
}

func imageFor(o options, platform v1.Platform, binary string) (v1.Image, error) {
	layer, err := layerOf(binary, o.created)
	if err != nil {
		return nil, err
	}
	created := v1.Time{Time: o.created}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.Append(image, mutate.Addendum{Layer: layer, History: v1.History{
		Created: created, CreatedBy: "hack/image", Comment: "certificates and /kubenova",
	}})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.Created, config.OS, config.Architecture, config.Variant = created, platform.OS, platform.Architecture, platform.Variant
	config.Config = v1.Config{User: nonRoot, Entrypoint: []string{entrypoint}, Labels: o.labels()}
	return mutate.ConfigFile(image, config)
}

// billOf wraps a bill of materials into an artifact that refers to an image.
func billOf(image v1.Image, path string) (v1.Image, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	digest, err := image.Digest()
	if err != nil {
		return nil, err
	}
	size, err := image.Size()
	if err != nil {
		return nil, err
	}
	artifact := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), sbomType)
	artifact, err = mutate.AppendLayers(artifact, static.NewLayer(data, sbomType))
	if err != nil {
		return nil, err
	}
	referring, ok := mutate.Subject(artifact, v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: digest, Size: size}).(v1.Image)
	if !ok {
		return nil, fmt.Errorf("%T cannot refer to another image", artifact)
	}
	return referring, nil
}
