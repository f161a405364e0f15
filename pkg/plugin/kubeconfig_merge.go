package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// madeBy is the extension by which entries of a kubeconfig say that KubeNova made
// them, and for what.
const madeBy = "kubenova.io/issued"

// origin is what an entry of a kubeconfig was made for.
type origin struct {
	Server  string `json:"server"`
	Tenant  string `json:"tenant"`
	Project string `json:"project,omitempty"`
	Role    string `json:"role"`
	Grant   string `json:"grant"`
}

// same says whether the entry of one can take the place of that of the other.
func (o origin) same(other origin) bool {
	o.Grant, other.Grant = "", ""
	return o == other
}

func (o origin) extension() (map[string]runtime.Object, error) {
	raw, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("noting where an entry comes from: %w", err)
	}
	return map[string]runtime.Object{madeBy: &runtime.Unknown{Raw: raw, ContentType: runtime.ContentTypeJSON}}, nil
}

// originOf reads what an entry was made for; found is false for the entries of others.
func originOf(extensions map[string]runtime.Object) (out origin, found bool) {
	unknown, ok := extensions[madeBy].(*runtime.Unknown)
	if !ok || json.Unmarshal(unknown.Raw, &out) != nil {
		return origin{}, false
	}
	return out, true
}

// mergeKubeconfig adds the current context of issued to a kubeconfig file, all of
// it under one name. Whoever reads the file meanwhile sees it as it was or as it is
// afterwards. Other entries stay as they are.
func mergeKubeconfig(file, name string, issued *clientcmdapi.Config, made origin, use bool) error {
	if target, err := filepath.EvalSymlinks(file); err == nil {
		file = target
	}
	unlock, err := lockKubeconfig(file)
	if err != nil {
		return err
	}
	defer unlock()
	config, err := clientcmd.LoadFromFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		config, err = clientcmdapi.NewConfig(), nil
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	if err := addContext(config, name, issued, made); err != nil {
		return fmt.Errorf("merging into %s: %w", file, err)
	}
	if use {
		config.CurrentContext = name
	}
	content, err := clientcmd.Write(*config)
	if err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	return replaceFile(file, content)
}

// addContext adds a context with its cluster and user, unless an entry of that name
// is someone else's.
func addContext(config *clientcmdapi.Config, name string, issued *clientcmdapi.Config, made origin) error {
	from := issued.Contexts[issued.CurrentContext]
	if from == nil || issued.Clusters[from.Cluster] == nil || issued.AuthInfos[from.AuthInfo] == nil {
		return errors.New("the kubeconfig that was issued has no complete context")
	}
	var there []map[string]runtime.Object
	if entry, found := config.Contexts[name]; found {
		there = append(there, entry.Extensions)
	}
	if entry, found := config.Clusters[name]; found {
		there = append(there, entry.Extensions)
	}
	if entry, found := config.AuthInfos[name]; found {
		there = append(there, entry.Extensions)
	}
	for _, extensions := range there {
		if was, ours := originOf(extensions); !ours || !was.same(made) {
			return hinted("Choose another one with --context-name.", "there is an entry %q that was not made for this", name)
		}
	}
	extensions, err := made.extension()
	if err != nil {
		return err
	}
	cluster, user := issued.Clusters[from.Cluster].DeepCopy(), issued.AuthInfos[from.AuthInfo].DeepCopy()
	cluster.Extensions, user.Extensions = extensions, extensions
	config.Clusters[name], config.AuthInfos[name] = cluster, user
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name, Namespace: from.Namespace, Extensions: extensions}
	return nil
}

// lockKubeconfig takes the lock that kubectl config takes.
func lockKubeconfig(file string) (unlock func(), err error) {
	lock := file + ".lock"
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of %s: %w", file, err)
	}
	held, err := os.OpenFile(lock, os.O_CREATE|os.O_EXCL, 0)
	if errors.Is(err, fs.ErrExist) {
		return nil, hinted("Try again; if nobody is at it, remove "+lock, "someone else is writing %s", file)
	}
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", file, err)
	}
	_ = held.Close()
	return func() { _ = os.Remove(lock) }, nil
}

// replaceFile writes a file that only its owner may read, all at once.
func replaceFile(file string, content []byte) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // with mode 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary.Name())
			err = fmt.Errorf("writing %s: %w", file, err)
		}
	}()
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), file)
}
