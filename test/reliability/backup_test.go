//go:build reliability

package reliability

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

// operations is the page whose commands are run word for word.
const operations = "../../docs/operations.md"

// documented returns the shell commands of a section, a block each.
func documented(t *testing.T, section string) (blocks []string) {
	t.Helper()
	page := string(must(os.ReadFile(operations))(t))
	_, text, found := strings.Cut(page, "\n## "+section+"\n")
	if !found {
		t.Fatalf("%s has no section %q", operations, section)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	for _, part := range strings.Split(text, "```bash\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		blocks = append(blocks, block)
	}
	return blocks
}

// shell runs commands of the docs with variables set.
func (p *platform) shell(t *testing.T, commands string, variables map[string]string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", commands)
	command.Dir = p.path("backup")
	command.Env = []string{"PATH=" + p.bin + ":" + filepath.Dir(p.kubenova) + ":" + os.Getenv("PATH"), "HOME=" + p.dir}
	for name, value := range variables {
		command.Env = append(command.Env, name+"="+value)
	}
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", commands, err, output)
	}
}

// identities are the uids of all objects by their names, and the version of the list.
func (p *platform) identities(t *testing.T, i int) (uids map[string]string, version string) {
	t.Helper()
	var list struct {
		Metadata struct{ ResourceVersion string }
		Items    []struct{ Metadata struct{ Name, UID string } }
	}
	check(t, json.Unmarshal(p.mustSend(t, http.MethodGet, p.replicaURL(i)+nativePath, ""), &list))
	uids = map[string]string{}
	for _, item := range list.Items {
		uids[item.Metadata.Name] = item.Metadata.UID
	}
	return uids, list.Metadata.ResourceVersion
}

// testBackup saves, loses everything, and restores, with the commands of the docs.
func testBackup(t *testing.T, p *platform) {
	blocks := documented(t, "Backup and restore")
	if len(blocks) != 3 {
		t.Fatalf("%s has %d blocks of commands on backups, want 3: save, restore, revoke", operations, len(blocks))
	}
	check(t, os.MkdirAll(p.path("backup"), 0o700))
	for i := range 3 {
		p.make(t, fmt.Sprintf("kept-%d", i))
	}
	credentials := p.credentials(t)
	uids, saved := p.identities(t, 0)
	p.shell(t, blocks[0], map[string]string{"ETCD": p.memberURL(0)})

	p.make(t, "made-later")
	p.mustSend(t, http.MethodDelete, p.replicaURL(0)+nativePath+"/kept-0", "")
	later := p.signToken(t)
	_, lost := p.identities(t, 0)

	p.restore(t, blocks[1])
	p.wantRestored(t, uids, credentials)
	for _, version := range []string{saved, lost} {
		p.wantLost(t, version)
	}
	p.make(t, "made-after")
	p.wantRevoked(t, blocks[2], later)
}

// make makes an object.
func (p *platform) make(t *testing.T, name string) {
	t.Helper()
	p.mustSend(t, http.MethodPost, p.replicaURL(0)+restPath, fmt.Sprintf(`{"name":%q,"description":"of %s","rules":[],"attachedTo":[]}`, name, name))
}

// credentials are those that are stored of the cluster.
func (p *platform) credentials(t *testing.T) []byte {
	t.Helper()
	client := must(versioned.NewForConfig(p.administrator(t, p.replicaURL(0))))(t)
	return must(client.KubenovaV1alpha1().Clusters().GetKubeconfig(t.Context(), cluster, metav1.GetOptions{}))(t).Spec.Kubeconfig
}

// restore stops everything, restores every member and starts again.
func (p *platform) restore(t *testing.T, commands string) {
	t.Helper()
	for _, replica := range p.api {
		check(t, replica.stop())
	}
	for i, member := range p.etcd {
		check(t, member.stop())
		data := p.path("etcd", fmt.Sprintf("restored-%d", i))
		p.shell(t, commands, map[string]string{
			"DATA_DIR": data, "NAME": fmt.Sprintf("m%d", i), "INITIAL_CLUSTER": p.initialCluster(), "PEER_URL": p.peerURL(i),
		})
		check(t, member.crashed())
		p.etcd[i] = p.member(i, data, "restored")
	}
	p.startAll(t)
}

func (p *platform) wantRestored(t *testing.T, uids map[string]string, credentials []byte) {
	t.Helper()
	for i := range p.api {
		if got, _ := p.identities(t, i); fmt.Sprint(got) != fmt.Sprint(uids) {
			t.Errorf("replica %d has %v, saved were %v", i, got, uids)
		}
	}
	if got := p.credentials(t); !bytes.Equal(got, credentials) || len(got) == 0 {
		t.Errorf("the credentials of the cluster are %d bytes other than the %d that were saved", len(got), len(credentials))
	}
}

// wantLost has watches go on after a version from before, through both doors: they are
// told to begin anew, and never that nothing has happened.
func (p *platform) wantLost(t *testing.T, version string) {
	t.Helper()
	for i := range p.api {
		for _, d := range []door{rest, native} {
			w := newWatcher(p, d, 0)
			w.begin(version)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			var err error
			for ctx.Err() == nil && w.failed() == nil {
				if err = w.connect(ctx, p.replicaURL(i)); errors.Is(err, errReset) {
					break
				}
			}
			cancel()
			if !errors.Is(err, errReset) {
				t.Errorf("%s watch at replica %d after version %s: %v, want that it is reset", d, i, version, err)
			}
		}
	}
}

// wantRevoked revokes the tokens of before, also the one that the restored store has
// never heard of.
func (p *platform) wantRevoked(t *testing.T, commands, later string) {
	t.Helper()
	p.shell(t, commands, map[string]string{"ADMIN_KUBECONFIG": p.adminKubeconfig(t)})
	for _, token := range []string{p.token, later} {
		p.token = token
		for i := range p.api {
			p.waitFor(t, "a token of before to be refused", func(ctx context.Context) error {
				got, err := p.send(ctx, p.client, http.MethodGet, p.replicaURL(i)+restPath, nil, "")
				if err == nil && got.status != http.StatusUnauthorized {
					err = fmt.Errorf("it is answered with %d", got.status)
				}
				return err
			})
		}
	}
	p.token = p.signToken(t)
	for i := range p.api {
		p.waitFor(t, "a new token to be good", func(ctx context.Context) error {
			_, err := p.list(ctx, p.client, rest, p.replicaURL(i))
			return err
		})
	}
}

// adminKubeconfig is a file for the host's administrator at the first replica.
func (p *platform) adminKubeconfig(t *testing.T) string {
	t.Helper()
	config := must(clientcmd.LoadFromFile(p.path("kubeconfig")))(t)
	for name := range config.Clusters {
		config.Clusters[name] = &clientcmdapi.Cluster{Server: p.replicaURL(0), InsecureSkipTLSVerify: true}
	}
	file := p.path("backup", "admin.kubeconfig")
	check(t, clientcmd.WriteToFile(*config, file))
	return file
}
