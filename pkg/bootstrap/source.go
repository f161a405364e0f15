package bootstrap

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	v2 "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/registry"
)

// ChartSource says where a chart comes from.
type ChartSource struct {
	// Reference is a chart folder, a .tgz file, the URL of a .tgz, an oci://
	// reference, or, with a Repository, the name of the chart there.
	Reference string
	// Repository is the URL of a Helm repository. Empty means none.
	Repository string
	// Version of the chart, such as 1.2.3. It is needed with a Repository, and with
	// an oci:// reference that has neither a tag nor a digest; elsewhere it is not used.
	Version string
	// Digest is "sha256:" and 64 hexadecimal digits, that of the chart's archive. A
	// chart that has another is refused. Empty verifies nothing.
	Digest string
	// Values is a YAML file of values for the chart. Those by which KubeNova makes a
	// component safe go before them. Empty means none.
	Values string
}

// digestForm is what a Digest looks like.
var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// validate returns what is wrong with the source of flags with the prefix.
func (s ChartSource) validate(prefix string) (errs []error) {
	if s.Reference == "" {
		errs = append(errs, fmt.Errorf("--%s must not be empty", prefix))
	}
	if s.Digest != "" && !digestForm.MatchString(s.Digest) {
		errs = append(errs, fmt.Errorf("--%s-digest must be sha256: and 64 hexadecimal digits, not %q", prefix, s.Digest))
	}
	if s.Repository != "" && !strings.HasPrefix(s.Repository, "https://") && !strings.HasPrefix(s.Repository, "http://") {
		errs = append(errs, fmt.Errorf("--%s-repository must be a URL of HTTP, not %q; an OCI registry is named by --%s itself", prefix, s.Repository, prefix))
	}
	if _, err := semver.StrictNewVersion(s.Version); s.needsVersion() && err != nil {
		errs = append(errs, fmt.Errorf("--%s-version must be one version, such as 1.2.3, not %q", prefix, s.Version))
	}
	return errs
}

// needsVersion says whether the reference alone does not tell which chart it is.
func (s ChartSource) needsVersion() bool {
	if s.Repository != "" {
		return true
	}
	name := s.Reference[strings.LastIndex(s.Reference, "/")+1:]
	return registry.IsOCI(s.Reference) && !strings.ContainsAny(name, ":@")
}

// verify refuses an archive that is not the one that was named.
func (s ChartSource) verify(archive []byte) error {
	if s.Digest == "" {
		return nil
	}
	sum := sha256.Sum256(archive)
	if found := "sha256:" + hex.EncodeToString(sum[:]); found != s.Digest {
		return fmt.Errorf("the chart %s has the digest %s, and not %s as it should: nothing was installed", s.Reference, found, s.Digest)
	}
	return nil
}

// checkVersion refuses a chart of another version than was asked for.
func (s ChartSource) checkVersion(chart *v2.Chart) error {
	if s.needsVersion() && chart.Metadata.Version != s.Version {
		return fmt.Errorf("the chart %s has the version %s, and not %s as it should: nothing was installed", s.Reference, chart.Metadata.Version, s.Version)
	}
	return nil
}

// values adds to those of KubeNova, which go before them, the file's.
func (s ChartSource) values(ours map[string]any) (map[string]any, error) {
	if s.Values == "" {
		return ours, nil
	}
	theirs, err := common.ReadValuesFile(s.Values)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the values of the chart %s: there is no file %s", s.Reference, s.Values)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the values of the chart %s from %s: %w", s.Reference, s.Values, err)
	}
	return util.MergeTables(ours, theirs), nil
}
