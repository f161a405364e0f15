package attack

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Field is what the attackers find: two tenants that have nothing to do with each
// other, each with the project web and in it the app hello.
type Field struct {
	*Platform
	has Needs
	// id keeps one run from meeting another.
	id string
	// admin is an administrator of KubeNova at the REST door, root one of the host at
	// the native one.
	admin, root caller
	// mine is the tenant of the attacker, theirs that of somebody else.
	mine, theirs tenant

	sessions sync.Mutex
	// kept are the kubeconfigs that were issued, by role.
	kept map[string]session
}

// tenant is a tenant with the people in it.
type tenant struct {
	name, uid, project, app string
	// ownerName and devName are people, owner and dev their sessions at the REST door.
	ownerName, devName string
	owner, dev         caller
}

// path of the tenant at the REST door of a cluster.
func (t tenant) path(home string) string { return "/clusters/" + home + "/tenants/" + t.name }

// namespaces of the tenant's projects, and of the apps in project web, at the native door.
func (t tenant) projects() string { return apis + "/namespaces/kn-" + t.name + "/projects" }
func (t tenant) apps() string     { return apis + "/namespaces/kn-" + t.name + "--web/apps" }

// space is the namespace of project web on the cluster.
func (t tenant) space() string { return t.name + "--web" }

const (
	apis = "/apis/kubenova.io/v1alpha1"
	// settle bounds how long the platform may take to carry out what was asked.
	settle = 90 * time.Second
)

// prepare makes the field. What a run leaves behind when it is broken off bears its id.
func prepare(ctx context.Context, p *Platform) (*Field, error) {
	random := make([]byte, 3)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	f := &Field{Platform: p, id: hex.EncodeToString(random), has: Everything}
	var err error
	if f.root, err = p.native(""); err != nil {
		return nil, err
	}
	f.admin = p.rest(p.Token)
	if p.Token == "" {
		if f.admin, err = f.session(ctx, "attack-admin", "admin"); err != nil {
			return nil, err
		}
	}
	if p.Home == "" {
		f.has = Anything
		p.Home = "home-" + f.id
		if err := f.register(ctx, p.Home, kubeconfigOf("https://127.0.0.1:1", "", "none")); err != nil {
			return nil, err
		}
	}
	if f.mine, err = f.makeTenant(ctx, "a"); err != nil {
		return nil, err
	}
	if f.theirs, err = f.makeTenant(ctx, "b"); err != nil {
		return nil, err
	}
	return f, f.await(ctx)
}

// session issues a token at the native door and returns its bearer.
func (f *Field) session(ctx context.Context, subject string, roles ...string) (caller, error) {
	spec := map[string]any{"apiVersion": "kubenova.io/v1alpha1", "kind": "Token", "spec": map[string]any{"subject": subject, "roles": roles}}
	var token struct{ Status struct{ Token string } }
	if err := f.root.do(ctx, http.MethodPost, apis+"/tokens", encode(spec)).must(&token); err != nil {
		return caller{}, fmt.Errorf("issuing a token for %s: %w", subject, err)
	}
	return f.rest(token.Status.Token), nil
}

// register registers a cluster through the REST door.
func (f *Field) register(ctx context.Context, name, kubeconfig string) error {
	body := map[string]any{"name": name, "kubeconfig": base64.StdEncoding.EncodeToString([]byte(kubeconfig))}
	return f.admin.do(ctx, http.MethodPost, "/clusters", encode(body)).must(nil)
}

// makeTenant makes a tenant with an owner, and in it a project with a developer and an app.
func (f *Field) makeTenant(ctx context.Context, suffix string) (tenant, error) {
	t := tenant{name: "atk-" + f.id + "-" + suffix}
	t.ownerName, t.devName = "owner-of-"+t.name, "dev-of-"+t.name
	var made struct{ UID string }
	post := func(path string, body map[string]any, uid *string) error {
		err := f.admin.do(ctx, http.MethodPost, path, encode(body)).must(&made)
		if uid != nil {
			*uid = made.UID
		}
		return err
	}
	path := t.path(f.Home)
	app := map[string]any{"name": "hello", "components": []any{map[string]any{"name": "web", "type": "webservice", "properties": map[string]any{"image": "nginx:1.25.3"}}}}
	member := map[string]any{"members": []any{map[string]any{"subject": t.devName, "role": "projectDev"}}}
	for _, err := range []error{
		post("/clusters/"+f.Home+"/tenants", map[string]any{"name": t.name, "owners": []string{t.ownerName}}, &t.uid),
		post(path+"/projects", map[string]any{"name": "web"}, &t.project),
		f.admin.do(ctx, http.MethodPut, path+"/projects/web/access", encode(member)).must(nil),
		post(path+"/projects/web/apps", app, &t.app),
	} {
		if err != nil {
			return t, fmt.Errorf("making tenant %s: %w", t.name, err)
		}
	}
	var err error
	if t.owner, err = f.session(ctx, t.ownerName, "tenantOwner"); err != nil {
		return t, err
	}
	t.dev, err = f.session(ctx, t.devName, "projectDev")
	return t, err
}

// await waits until both tenants are on the cluster.
func (f *Field) await(ctx context.Context) error {
	if f.has < Everything {
		return nil
	}
	for _, t := range []tenant{f.mine, f.theirs} {
		problem := until(ctx, settle, func() string {
			var project object
			if err := f.root.do(ctx, http.MethodGet, t.projects()+"/web", "").must(&project); err != nil {
				return err.Error()
			}
			return project.isNot("Ready")
		})
		if problem != "" {
			return fmt.Errorf("tenant %s: %s", t.name, problem)
		}
	}
	return nil
}

// clear removes what was prepared.
func (f *Field) clear(ctx context.Context) error {
	errs := []error{f.removeTenant(ctx, f.mine.name), f.removeTenant(ctx, f.theirs.name)}
	return errors.Join(errs...)
}

func (f *Field) removeTenant(ctx context.Context, name string) error {
	path := apis + "/tenants/" + name
	got := f.root.do(ctx, http.MethodDelete, path, "")
	if f.has < Everything || got.code == http.StatusNotFound {
		return nil // what is standalone goes as a whole
	}
	if err := got.must(nil); err != nil {
		return fmt.Errorf("removing %s: %w", name, err)
	}
	if problem := until(ctx, settle, func() string {
		if got := f.root.do(ctx, http.MethodGet, path, ""); got.code != http.StatusNotFound {
			return "it is still there: " + oneLine(got.body)
		}
		return ""
	}); problem != "" {
		return fmt.Errorf("removing %s: %s", name, problem)
	}
	return nil
}

// object is what is looked at of any object.
type object struct {
	Metadata struct {
		Name, UID, ResourceVersion string
		Annotations                map[string]string
	}
	Status struct {
		Phase      string
		Conditions []condition
	}
}

type condition struct{ Type, Status, Reason, Message string }

// condition is what an object says under a type.
func (o object) condition(kind string) condition {
	for _, c := range o.Status.Conditions {
		if c.Type == kind {
			return c
		}
	}
	return condition{}
}

// isNot says why a condition is not true.
func (o object) isNot(kind string) string {
	if c := o.condition(kind); c.Status != "True" {
		return strings.TrimSpace(kind + " is not True: " + c.Reason + " " + c.Message)
	}
	return ""
}

func encode(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // maps of strings and numbers always encode
	}
	return string(data)
}
