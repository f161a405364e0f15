package plugin_test

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/plugin"
)

// podCluster is a cluster that has nothing but two pods and what they write, so
// that a test decides when they write.
type podCluster struct {
	*httptest.Server

	mutex   sync.Mutex
	written map[string][]string // by pod, with their times
	news    chan struct{}       // closed when something is written
}

func newPodCluster(t *testing.T) *podCluster {
	t.Helper()
	c := &podCluster{written: map[string][]string{}, news: make(chan struct{})}
	c.Server = httptest.NewTLSServer(http.HandlerFunc(c.serve))
	t.Cleanup(c.Close)
	t.Cleanup(c.CloseClientConnections)
	return c
}

// write has a pod write a line.
func (c *podCluster) write(pod, message string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.written[pod] = append(c.written[pod], time.Now().UTC().Format(time.RFC3339Nano)+" "+message+"\n")
	close(c.news)
	c.news = make(chan struct{})
}

func (c *podCluster) after(pod string, have int) (lines []string, news chan struct{}) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.written[pod][have:], c.news
}

// pods of the app: one of each component.
func pods() map[string]string { return map[string]string{"web-1": "web", "db-1": "db"} }

func (c *podCluster) serve(w http.ResponseWriter, r *http.Request) {
	path, isLog := strings.CutSuffix(r.URL.Path, "/log")
	switch {
	case isLog:
		c.serveLog(w, r, path[strings.LastIndex(path, "/")+1:])
	case strings.HasSuffix(r.URL.Path, "/namespaces/acme--web/pods"):
		var items []string
		for pod, component := range pods() {
			if strings.Contains(r.URL.Query().Get("labelSelector"), component) {
				items = append(items, fmt.Sprintf(`{"metadata":{"name":%q,"uid":%q},"spec":{"containers":[{"name":%q}]},"status":{"phase":"Running"}}`, pod, pod, component))
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"kind":"PodList","apiVersion":"v1","items":[%s]}`, strings.Join(items, ","))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// serveLog writes what a pod has written since the time that is asked for, and goes on.
func (c *podCluster) serveLog(w http.ResponseWriter, r *http.Request, pod string) {
	since := time.Time{}
	if seconds, err := strconv.Atoi(r.URL.Query().Get("sinceSeconds")); err == nil {
		since = time.Now().Add(-time.Duration(seconds) * time.Second)
	}
	for have := 0; ; {
		lines, news := c.after(pod, have)
		for _, line := range lines {
			stamp, _, _ := strings.Cut(line, " ")
			if at, err := time.Parse(time.RFC3339Nano, stamp); err == nil && at.Before(since) {
				continue
			}
			if _, err := io.WriteString(w, line); err != nil {
				return
			}
		}
		have += len(lines)
		w.(http.Flusher).Flush()
		if r.URL.Query().Get("follow") != "true" {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-news:
		}
	}
}

func (c *podCluster) kubeconfig() []byte {
	ca := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate().Raw}))
	return fmt.Appendf(nil, `{"clusters":[{"name":"c","cluster":{"server":%q,"certificate-authority-data":%q}}],
		"users":[{"name":"u","user":{"token":"t"}}],"contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}],"current-context":"x"}`, c.URL, ca)
}

// breakingProxy passes connections on, until they are cut.
type breakingProxy struct {
	net.Listener
	target string

	mutex sync.Mutex
	open  map[net.Conn]bool
}

func newBreakingProxy(t *testing.T, target string) *breakingProxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &breakingProxy{Listener: listener, target: target, open: map[net.Conn]bool{}}
	t.Cleanup(func() {
		_ = listener.Close()
		p.cut()
	})
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			go p.pass(from)
		}
	}()
	return p
}

func (p *breakingProxy) pass(from net.Conn) {
	to, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = from.Close()
		return
	}
	p.mutex.Lock()
	p.open[from], p.open[to] = true, true
	p.mutex.Unlock()
	ended := func() { _, _ = from.Close(), to.Close() }
	go func() {
		defer ended()
		_, _ = io.Copy(to, from)
	}()
	defer ended()
	_, _ = io.Copy(from, to)
}

// cut ends all connections that are open.
func (p *breakingProxy) cut() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for connection := range p.open {
		_ = connection.Close()
	}
	clear(p.open)
}

// withLogs registers the cluster and puts an app of two components on it.
func (s *shell) withLogs(cluster *podCluster) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "target")
	config, err := clientcmd.Load(cluster.kubeconfig())
	if err != nil {
		s.t.Fatal(err)
	}
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		s.t.Fatal(err)
	}
	s.run("registered", "cluster", "register", "dev", "--target-kubeconfig", file)
	s.run("created", "tenant", "create", "acme", "--on", "dev")
	s.run("created", "project", "create", "web", "-t", "acme")
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "hello"}, Spec: v1alpha1.AppSpec{Components: []v1alpha1.Component{
		{Name: "web", Type: "webservice"}, {Name: "db", Type: "webservice"},
	}}}
	if _, err := s.server.Client.KubenovaV1alpha1().Apps("kn-acme--web").Create(s.t.Context(), app, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

// TestLogs merges the logs of both components.
func TestLogs(t *testing.T) {
	s, cluster := newShell(t), newPodCluster(t)
	s.withLogs(cluster)
	logs := func(args ...string) []string {
		return append([]string{"app", "logs", "hello", "-t", "acme", "-p", "web"}, args...)
	}
	cluster.write("web-1", "one")
	cluster.write("db-1", "two")
	cluster.write("web-1", "three \x1b[2Jcleared")

	s.run("web-1 one\ndb-1 two\nweb-1 three \\x1b[2Jcleared\n", logs()...)
	s.run(`"component":"db","pod":"db-1","message":"two"}`, logs("-o", "json", "--component", "db")...)
	if out, err := s.try(logs("--component", "web", "--tail", "1")...); err != nil || strings.Count(out, "\n") != 1 || !strings.Contains(out, "three") {
		t.Errorf("the last line of web is %q, %v", out, err)
	}
	s.run("Z three", logs("--timestamps", "--since", "1h")...)
	s.fails("has no component", logs("--component", "none")...)
	s.fails("--tail", logs("--tail", "0")...)
	s.fails("--since", logs("--since", "10ms")...)
}

// TestFollowSurvivesACut follows logs while all connections are cut, again and
// again, and sees each line once and in order.
func TestFollowSurvivesACut(t *testing.T) {
	s, cluster := newShell(t), newPodCluster(t)
	s.withLogs(cluster)
	config, err := clientcmd.LoadFromFile(s.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	entry := config.Clusters[config.Contexts[config.CurrentContext].Cluster]
	server, err := url.Parse(entry.Server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := newBreakingProxy(t, server.Host)
	entry.Server = "https://" + proxy.Addr().String()
	file := filepath.Join(t.TempDir(), "through")
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}

	reader, writer := io.Pipe()
	command := plugin.NewCommand(genericiooptions.IOStreams{In: strings.NewReader(""), Out: writer, ErrOut: io.Discard})
	command.SetArgs([]string{"--kubeconfig", file, "app", "logs", "hello", "-f", "-t", "acme", "-p", "web"})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		err := command.ExecuteContext(ctx)
		_ = writer.CloseWithError(err)
		ended <- err
	}()
	lines := linesOf(reader)
	for round := range 4 {
		for i := range 3 {
			cluster.write("web-1", fmt.Sprintf("web %d.%d", round, i))
			cluster.write("db-1", fmt.Sprintf("db %d.%d", round, i))
		}
		got := map[string][]string{}
		for range 6 {
			pod, message, _ := strings.Cut(lines(t), " ")
			got[pod] = append(got[pod], message)
		}
		for pod, name := range pods() {
			want := fmt.Sprintf("%[1]s %[2]d.0, %[1]s %[2]d.1, %[1]s %[2]d.2", name, round)
			if have := strings.Join(got[pod], ", "); have != want {
				t.Fatalf("of %s came %q, want %q", pod, have, want)
			}
		}
		proxy.cut()
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("interrupted, it ended with %v", err)
	}
}

// linesOf returns what waits for the next line.
func linesOf(reader io.Reader) func(t *testing.T) string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		buffer, rest := make([]byte, 4096), ""
		for {
			n, err := reader.Read(buffer)
			rest += string(buffer[:n])
			for line, after, found := strings.Cut(rest, "\n"); found; line, after, found = strings.Cut(rest, "\n") {
				lines <- line
				rest = after
			}
			if err != nil {
				return
			}
		}
	}()
	return func(t *testing.T) string {
		t.Helper()
		select {
		case line, open := <-lines:
			if !open {
				t.Fatal("the logs ended")
			}
			return line
		case <-time.After(60 * time.Second):
			t.Fatal("no line came")
		}
		return ""
	}
}
