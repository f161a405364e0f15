package app

import (
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// The grammar of image references, as registries have it. api/openapi/v1.yaml
// says the same.
const (
	hostForm   = `[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?`
	domainForm = hostForm + `(\.` + hostForm + `)*(:[0-9]{1,5})?`
	pathForm   = `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
	nameForm   = `(` + domainForm + `/)?` + pathForm + `(/` + pathForm + `)*`
	tagForm    = `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`
	digestForm = `(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})`
)

var (
	nameOnly   = regexp.MustCompile(`^` + nameForm + `$`)
	whole      = regexp.MustCompile(`^` + nameForm + `(:` + tagForm + `)?(@` + digestForm + `)?$`)
	tagOnly    = regexp.MustCompile(`^` + tagForm + `(@` + digestForm + `)?$`)
	digestOnly = regexp.MustCompile(`^` + digestForm + `$`)
)

// imageName returns the full name of the image that is asked for, or what is
// wrong with it.
func imageName(spec v1alpha1.AppImageSpec, path *field.Path) (name string, errs field.ErrorList) {
	at := path.Child("component")
	if spec.Component == "" {
		errs = append(errs, field.Required(at, ""))
	} else {
		for _, problem := range validation.IsDNS1123Label(spec.Component) {
			errs = append(errs, field.Invalid(at, spec.Component, problem))
		}
	}
	name, err := joinImage(spec, path)
	if err != nil {
		errs = append(errs, err)
	}
	return name, errs
}

// Longest image and tag, in bytes. Together they fit into spec.images of an app.
const (
	maxImageBytes = 767
	maxTagBytes   = 256
)

func joinImage(spec v1alpha1.AppImageSpec, path *field.Path) (string, *field.Error) {
	image, tag := path.Child("image"), path.Child("tag")
	switch {
	case spec.Image == "":
		return "", field.Required(image, "")
	case len(spec.Image) > maxImageBytes:
		return "", field.TooLong(image, "", maxImageBytes)
	case len(spec.Tag) > maxTagBytes:
		return "", field.TooLong(tag, "", maxTagBytes)
	case !whole.MatchString(spec.Image):
		return "", field.Invalid(image, spec.Image, "must be the name of an image, such as registry.example.com/team/web")
	case spec.Tag == "" && nameOnly.MatchString(spec.Image):
		return "", field.Required(tag, "a tag or a digest")
	case spec.Tag == "":
		return spec.Image, nil
	case !nameOnly.MatchString(spec.Image):
		return "", field.Invalid(image, spec.Image, "must not have a tag or a digest of its own beside tag")
	case digestOnly.MatchString(spec.Tag):
		return spec.Image + "@" + spec.Tag, nil
	case tagOnly.MatchString(spec.Tag):
		return spec.Image + ":" + spec.Tag, nil
	}
	return "", field.Invalid(tag, spec.Tag, "must be a tag, such as 1.2.3, or a digest, such as sha256: and 64 hexadecimal digits")
}
