package facade

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/munnerz/goautoneg"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	samples "github.com/kubenova/kubenova/pkg/usage"
)

const csvType = "text/csv"

// wantsCSV says whether the answer is to be CSV: by the query, or else by Accept.
func (c *call) wantsCSV() (bool, error) {
	if !c.query.Has("format") {
		accept := strings.Join(c.request.Header.Values("Accept"), ",")
		return goautoneg.Negotiate(accept, []string{plainType, csvType}) == csvType, nil
	}
	switch format := c.query.Get("format"); format {
	case "csv":
		return true, nil
	case "json":
		return false, nil
	default:
		return false, invalid(field.NotSupported(field.NewPath("format"), format, []string{"json", "csv"}))
	}
}

// tenantOf is the name of the tenant that a tenant or a project is of.
func tenantOf(object metav1.Object) string {
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	tenant, _, _ := v1alpha1.SplitNamespace(object.GetNamespace())
	return tenant
}

// usageCSV answers with the pieces of a window.
func usageCSV(tenant string, status v1alpha1.UsageStatus) (reply, error) {
	var out bytes.Buffer
	if err := samples.WriteCSV(&out, tenant, status.History); err != nil {
		return reply{}, err
	}
	return reply{text: &text{contentType: csvType + "; charset=utf-8", content: out.Bytes()}}, nil
}

// text is an answer in another form than JSON.
type text struct {
	contentType string
	content     []byte
}

func writeText(w http.ResponseWriter, r *http.Request, answer *text) {
	w.Header().Set("Content-Type", answer.contentType)
	writeHeader(w, http.StatusOK)
	writeBody(w, r, answer.content)
}
