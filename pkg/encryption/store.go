package encryption

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/server/options/encryptionconfig"
	"k8s.io/apiserver/pkg/storage/value"
)

const (
	// pageSize is how many values are in memory at a time; each has at most 1.5 MB.
	pageSize = 50
	// attempts is how often an object is tried that others write at the same time.
	attempts = 100
	// passes is how often everything is read while there is something to rewrite.
	passes = 20
	// etcdTimeout bounds each request to etcd.
	etcdTimeout = 30 * time.Second
)

// Store is where KubeNova keeps its objects and records.
type Store struct {
	Client *clientv3.Client
	// Prefix begins their keys, as --etcd-prefix says.
	Prefix string
}

// Result counts what was done.
type Result struct {
	// Read is how many values there are, and Rewritten how often one was rewritten.
	Read, Rewritten int
}

// RewriteBy rewrites everything in the store that is not encrypted as the
// configuration file now says, until there is nothing left. It can be stopped and
// started again at any time. What others write meanwhile is not lost: a value is
// replaced only by itself.
func (s Store) RewriteBy(ctx context.Context, file string) (Result, error) {
	ctx, cancel := context.WithCancel(ctx) // ends what a KMS needs
	defer cancel()
	config, err := encryptionconfig.LoadEncryptionConfig(ctx, file, false, "")
	if err != nil {
		return Result{}, fmt.Errorf("reading the encryption configuration: %w", err)
	}
	return s.rewrite(ctx, encryptionconfig.StaticTransformers(config.Transformers))
}

func (s Store) rewrite(ctx context.Context, by value.ResourceTransformers) (Result, error) {
	var total Result
	for range passes {
		pass, err := s.pass(ctx, by)
		total = Result{Read: pass.Read, Rewritten: total.Rewritten + pass.Rewritten}
		if err != nil || pass.Rewritten == 0 {
			return total, err
		}
	}
	return total, errors.New("there is always something new that is encrypted with an old key: some server has not read the configuration")
}

// pass reads everything once, page by page.
func (s Store) pass(ctx context.Context, by value.ResourceTransformers) (Result, error) {
	prefix := strings.TrimSuffix(s.Prefix, "/") + "/"
	end := clientv3.GetPrefixRangeEnd(prefix)
	var result Result
	for from := prefix; ; {
		page, err := s.get(ctx, from, clientv3.WithRange(end), clientv3.WithLimit(pageSize))
		if err != nil {
			return result, err
		}
		for _, kv := range page.Kvs {
			resource, err := resourceOf(prefix, string(kv.Key))
			if err != nil {
				return result, err
			}
			changed, err := s.replace(ctx, string(kv.Key), kv.Value, kv.ModRevision, by.TransformerForResource(resource))
			if err != nil {
				return result, err
			}
			result.Read++
			if changed {
				result.Rewritten++
			}
		}
		if !page.More {
			return result, nil
		}
		from = string(page.Kvs[len(page.Kvs)-1].Key) + "\x00"
	}
}

// replace encrypts a value as it should be, if it is not. Its lease stays.
func (s Store) replace(ctx context.Context, key string, stored []byte, revision int64, by value.Transformer) (bool, error) {
	for range attempts {
		plain, stale, err := by.TransformFromStorage(ctx, stored, value.DefaultContext(key))
		if err != nil {
			return false, fmt.Errorf("decrypting %s: %w", key, err)
		}
		if !stale {
			return false, nil
		}
		sealed, err := by.TransformToStorage(ctx, plain, value.DefaultContext(key))
		if err != nil {
			return false, fmt.Errorf("encrypting %s: %w", key, err)
		}
		limited, cancel := context.WithTimeout(ctx, etcdTimeout)
		answer, err := s.Client.Txn(limited).
			If(clientv3.Compare(clientv3.ModRevision(key), "=", revision)).
			Then(clientv3.OpPut(key, string(sealed), clientv3.WithIgnoreLease())).
			Else(clientv3.OpGet(key)).Commit()
		cancel()
		if err != nil {
			return false, fmt.Errorf("writing %s: %w", key, err)
		}
		if answer.Succeeded {
			return true, nil
		}
		now := answer.Responses[0].GetResponseRange().Kvs
		if len(now) == 0 {
			return false, nil // it was deleted
		}
		stored, revision = now[0].Value, now[0].ModRevision
	}
	return false, fmt.Errorf("%s changed %d times while it was rewritten, and is still encrypted with an old key", key, attempts)
}

func (s Store) get(ctx context.Context, key string, options ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, etcdTimeout)
	defer cancel()
	page, err := s.Client.Get(ctx, key, options...)
	if err != nil {
		return nil, fmt.Errorf("reading etcd: %w", err)
	}
	return page, nil
}

// resourceOf returns the resource whose encryption protects a key: keys are
// <prefix>/<group>/<resource>/...
func resourceOf(prefix, key string) (schema.GroupResource, error) {
	parts := strings.SplitN(strings.TrimPrefix(key, prefix), "/", 3)
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" {
		return schema.GroupResource{}, fmt.Errorf("the key %s in etcd is of no resource", key)
	}
	return schema.GroupResource{Group: parts[0], Resource: parts[1]}, nil
}
