// Command image makes KubeNova's container image without a container engine: the
// same as the Dockerfile, for several platforms, as a tarball of an OCI layout that
// skopeo, crane, podman and containerd read. The same input gives the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// options say what the image holds.
type options struct {
	version, revision string
	created           time.Time
	binaries, sboms   files
	output            string
}

// files are paths by platform, as in linux/amd64=path.
type files map[string]string

func (f files) String() string { return fmt.Sprint(map[string]string(f)) }

// Set implements flag.Value.
func (f files) Set(value string) error {
	platform, path, ok := strings.Cut(value, "=")
	if !ok {
		return fmt.Errorf("%q is not <os>/<arch>=<path>", value)
	}
	if parsed, err := v1.ParsePlatform(platform); err != nil || parsed.Architecture == "" {
		return fmt.Errorf("%q is not a platform", platform)
	}
	f[platform] = path
	return nil
}

func main() {
	o := options{binaries: files{}, sboms: files{}}
	created := flag.String("created", "1970-01-01T00:00:00Z", "when the commit was made, in the form of RFC 3339")
	flag.StringVar(&o.version, "version", "v0.0.0-dev", "version of the binaries, the name of the image in the layout")
	flag.StringVar(&o.revision, "revision", "unknown", "commit of the binaries")
	flag.Var(o.binaries, "binary", "<os>/<arch>=<path> of kubenova, once for each platform")
	flag.Var(o.sboms, "sbom", "<os>/<arch>=<path> of the binary's bill of materials in CycloneDX's JSON")
	flag.StringVar(&o.output, "output", "", "path of the tarball")
	flag.Parse()
	if err := run(o, *created); err != nil {
		log.Fatal(err)
	}
}

func run(o options, created string) error {
	if len(o.binaries) == 0 || o.output == "" {
		return errors.New("--binary and --output are needed")
	}
	var err error
	// A date of git names its zone; the image does not depend on it.
	if o.created, err = time.Parse(time.RFC3339, created); err != nil {
		return fmt.Errorf("--created: %w", err)
	}
	o.created = o.created.UTC()
	index, err := build(o)
	if err != nil {
		return err
	}
	digest, err := save(index, o.created, o.output)
	if err != nil {
		return fmt.Errorf("writing %s: %w", o.output, err)
	}
	_, err = fmt.Fprintf(os.Stdout, "%s %s\n", o.output, digest)
	return err
}
