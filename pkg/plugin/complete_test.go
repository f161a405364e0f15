package plugin_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/plugin"
)

// words are what the last of some arguments is completed to.
func (s *shell) words(args ...string) []string {
	s.t.Helper()
	out, err := s.try(append([]string{"__completeNoDesc"}, args...)...)
	if err != nil {
		s.t.Fatalf("completing %q: %v", args, err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return lines[:len(lines)-1] // without the directive
}

// TestCompletion completes names that the server has, and words of the plugin.
func TestCompletion(t *testing.T) {
	s := newShell(t)
	s.withTenants()
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "hello"}, Spec: v1alpha1.AppSpec{Components: []v1alpha1.Component{{Name: "front", Type: "webservice"}}}}
	if _, err := s.server.Client.KubenovaV1alpha1().Apps("kn-acme--web").Create(t.Context(), app, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	// The kubeconfig comes after the hidden command here, as with kubectl.
	at := func(args ...string) []string { return append([]string{"--kubeconfig", s.kubeconfig}, args...) }
	for _, c := range []struct {
		want []string
		args []string
	}{
		{[]string{"acme", "globex"}, []string{"tenant", "list", ""}},
		{[]string{"globex"}, []string{"tenant", "list", "acme", ""}},
		{[]string{"acme", "globex"}, []string{"project", "list", "-t", ""}},
		{[]string{"web"}, []string{"app", "list", "-t", "acme", "--project", ""}},
		{[]string{"hello"}, []string{"app", "deploy", "-t", "acme", "-p", "web", "h"}},
		{nil, []string{"app", "deploy", "-t", "acme", "-p", "web", "hello", ""}},
		{[]string{"front"}, []string{"app", "logs", "-t", "acme", "-p", "web", "hello", "--component", ""}},
		{[]string{"baseline", "gold"}, []string{"plan", "apply", ""}},
		{[]string{"acme", "globex"}, []string{"plan", "apply", "gold", ""}},
		{[]string{"dev"}, []string{"tenant", "create", "new", "--on", ""}},
		{[]string{"dev"}, []string{"cluster", "bootstrap", ""}},
		{[]string{"tenancy", "proxy", "app-delivery"}, []string{"cluster", "bootstrap", "dev", ""}},
		{[]string{"tenantOwner", "projectDev", "readOnly"}, []string{"access", "grant", "x", "--role", ""}},
		{[]string{"1h", "24h", "7d", "30d"}, []string{"usage", "--range", ""}},
		{[]string{"json", "yaml", "name", "wide", "csv"}, []string{"usage", "-o", ""}},
	} {
		got := slices.DeleteFunc(s.words(at(c.args...)...), func(word string) bool { return strings.HasPrefix(word, "_activeHelp_") })
		if !slices.Equal(got, c.want) {
			t.Errorf("%q completes to %q, want %q", c.args, got, c.want)
		}
	}
}

// TestCompletionProgram installs what kubectl runs and runs it.
func TestCompletionProgram(t *testing.T) {
	s := newShell(t)
	dir := t.TempDir()
	s.run("installed", "completion", "--install", dir)
	s.fails("installing the completion", "completion", "--install", filepath.Join(dir, "missing"))
	kubectl := "#!/bin/sh\necho \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "kubectl"), []byte(kubectl), 0o755); err != nil {
		t.Fatal(err)
	}
	program := exec.Command(filepath.Join(dir, plugin.CompletionName), "app", "")
	program.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	if out, err := program.Output(); err != nil || string(out) != "kubenova __complete app \n" {
		t.Errorf("it ran kubectl %q: %v", out, err)
	}
	if got := plugin.ArgsFor("/usr/bin/"+plugin.CompletionName, []string{"app", ""}); !slices.Equal(got, []string{"__complete", "app", ""}) {
		t.Errorf("under the name that kubectl looks for, the arguments are %q", got)
	}
	if got := plugin.ArgsFor("kubectl-kubenova", []string{"app"}); !slices.Equal(got, []string{"app"}) {
		t.Errorf("under its own name, the arguments are %q", got)
	}
}

// TestEveryCommand holds every command to the rules of all: it says what it does,
// completes its arguments and refuses output formats that it does not have.
func TestEveryCommand(t *testing.T) {
	root := plugin.NewCommand(genericiooptions.NewTestIOStreamsDiscard())
	var seen []string
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.HasSubCommands() {
			return
		}
		path := strings.TrimPrefix(c.CommandPath(), "kubectl kubenova ")
		seen = append(seen, path)
		if c.Short == "" || c.RunE == nil {
			t.Errorf("%s does not say what it does, or does nothing", path)
		}
		if c.ValidArgsFunction == nil && path != "completion" {
			t.Errorf("%s does not complete its arguments", path)
		}
		if c.Flags().Lookup("output") == nil && path != "completion" {
			t.Errorf("%s has no --output", path)
		}
	}
	walk(root)
	want := []string{
		"access grant", "access list", "access revoke",
		"app deploy", "app diff", "app history", "app list", "app logs", "app resume", "app rollback", "app status", "app suspend",
		"cluster bootstrap", "cluster list", "cluster register", "completion",
		"kubeconfig issue", "kubeconfig list", "kubeconfig revoke", "plan apply", "plan list",
		"project create", "project delete", "project list", "tenant create", "tenant delete", "tenant list", "usage", "why",
	}
	if slices.Sort(seen); !slices.Equal(seen, want) {
		t.Errorf("the commands are %q, want %q", seen, want)
	}
}
