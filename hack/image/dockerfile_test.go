package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDockerfile compares the last stage of the Dockerfile with what this program makes.
func TestDockerfile(t *testing.T) {
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	_, last, ok := strings.Cut(string(text), "\nFROM scratch\n")
	if !ok {
		t.Fatal("the last stage is not from scratch")
	}
	for _, want := range []string{"USER " + nonRoot + "\n", `ENTRYPOINT ["` + entrypoint + `"]` + "\n"} {
		if !strings.Contains(last, want) {
			t.Errorf("the Dockerfile lacks %q", want)
		}
	}

	var copied []string
	for _, match := range regexp.MustCompile(`(?m)^COPY --from=build \S+ (\S+)$`).FindAllStringSubmatch(last, -1) {
		copied = append(copied, strings.TrimPrefix(match[1], "/"))
	}
	for _, image := range images(t, open(t, made(t, compiled(t)))) {
		_, headers := rootOf(t, image)
		var held []string
		for name := range headers {
			if !strings.HasSuffix(name, "/") {
				held = append(held, name)
			}
		}
		slices.Sort(held)
		if !slices.Equal(held, copied) {
			t.Errorf("the image holds %v, that of the Dockerfile %v", held, copied)
		}
	}

	o := options{version: "${VERSION}", revision: "${COMMIT}"}
	labels := o.labels()
	labels["org.opencontainers.image.created"] = "${BUILD_DATE}"
	for name, value := range labels {
		if !strings.Contains(last, name+`="`+value+`"`) {
			t.Errorf("the Dockerfile has no label %s of %s", name, value)
		}
	}
	if found := strings.Count(last, "org.opencontainers.image."); found != len(labels) {
		t.Errorf("the Dockerfile has %d labels, the image %d", found, len(labels))
	}
}
