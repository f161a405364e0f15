// Package encryption changes the keys that what is in etcd is encrypted with.
package encryption

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	"sigs.k8s.io/yaml"
)

// Stage is how far the rotation of the keys of a configuration is.
type Stage int

// Stages, in their order.
const (
	// StageStart has no new key.
	StageStart Stage = iota
	// StageAdded has a new key for reading: servers that know it can read what others write.
	StageAdded
	// StageFirst has the new key for writing, and old ones for reading.
	StageFirst
)

// newKey begins the names of keys that a rotation made; the rest is the time, so
// that they sort.
const newKey = "rotation-"

// keySize fits AES-256 and secretbox alike.
const keySize = 32

// errNoKeys says that there is nothing here to rotate.
var errNoKeys = errors.New("the configuration encrypts nothing with keys of its own: the keys of a KMS are rotated there, and then everything is rewritten")

// parse reads an EncryptionConfiguration.
func parse(data []byte) (*apiserverv1.EncryptionConfiguration, error) {
	config := &apiserverv1.EncryptionConfiguration{}
	if err := yaml.UnmarshalStrict(data, config); err != nil {
		return nil, fmt.Errorf("reading the encryption configuration: %w", err)
	}
	if config.APIVersion != apiserverv1.SchemeGroupVersion.String() || config.Kind != "EncryptionConfiguration" {
		return nil, fmt.Errorf("the file is a %s %s and not an EncryptionConfiguration of %s", config.APIVersion, config.Kind, apiserverv1.SchemeGroupVersion)
	}
	return config, nil
}

// rings returns the lists of keys that resources are encrypted with: those of the
// first provider, which writes.
func rings(config *apiserverv1.EncryptionConfiguration) []*[]apiserverv1.Key {
	var found []*[]apiserverv1.Key
	for i := range config.Resources {
		if len(config.Resources[i].Providers) == 0 {
			continue
		}
		switch first := config.Resources[i].Providers[0]; {
		case first.Secretbox != nil:
			found = append(found, &first.Secretbox.Keys)
		case first.AESGCM != nil:
			found = append(found, &first.AESGCM.Keys)
		case first.AESCBC != nil:
			found = append(found, &first.AESCBC.Keys)
		}
	}
	return found
}

// stageOf says how far a list of keys is.
func stageOf(keys []apiserverv1.Key) Stage {
	if len(keys) < 2 {
		return StageStart
	}
	newest := slices.MaxFunc(keys, func(a, b apiserverv1.Key) int { return strings.Compare(made(a), made(b)) })
	switch {
	case made(newest) == "":
		return StageStart
	case newest.Name == keys[0].Name:
		return StageFirst
	}
	return StageAdded
}

// made is when a rotation made a key, or empty for any other key.
func made(key apiserverv1.Key) string {
	if at, ok := strings.CutPrefix(key.Name, newKey); ok {
		return at
	}
	return ""
}

// Next takes a configuration one stage on, and says from which one: a new key is
// added, then it becomes the first, then all others go. Between two of these, every
// server must have read the file; before the last one, everything must have been
// rewritten. Keys that are at different stages catch up first.
func Next(data []byte, now time.Time) ([]byte, Stage, error) {
	config, err := parse(data)
	if err != nil {
		return nil, 0, err
	}
	all := rings(config)
	if len(all) == 0 {
		return nil, 0, errNoKeys
	}
	stage := StageFirst
	for _, keys := range all {
		stage = min(stage, stageOf(*keys))
	}
	for _, keys := range all {
		if stageOf(*keys) != stage {
			continue
		}
		if *keys, err = advance(*keys, stage, now); err != nil {
			return nil, 0, err
		}
	}
	changed, err := yaml.Marshal(config)
	if err != nil {
		return nil, 0, fmt.Errorf("encoding the encryption configuration: %w", err)
	}
	return changed, stage, nil
}

func advance(keys []apiserverv1.Key, stage Stage, now time.Time) ([]apiserverv1.Key, error) {
	switch stage {
	case StageStart:
		secret := make([]byte, keySize)
		if _, err := rand.Read(secret); err != nil {
			return nil, fmt.Errorf("making an encryption key: %w", err)
		}
		name := newKey + now.UTC().Format("20060102150405.000")
		if slices.ContainsFunc(keys, func(k apiserverv1.Key) bool { return made(k) >= made(apiserverv1.Key{Name: name}) }) {
			return nil, fmt.Errorf("there is a key that is not older than now, %s: the clock is wrong", name)
		}
		return append(keys, apiserverv1.Key{Name: name, Secret: base64.StdEncoding.EncodeToString(secret)}), nil
	case StageAdded:
		newest := slices.IndexFunc(keys, func(k apiserverv1.Key) bool {
			return !slices.ContainsFunc(keys, func(other apiserverv1.Key) bool { return made(other) > made(k) })
		})
		first := keys[newest]
		return slices.Insert(slices.Delete(keys, newest, newest+1), 0, first), nil
	case StageFirst:
		return keys[:1], nil
	}
	return nil, fmt.Errorf("unknown stage %d", stage)
}
