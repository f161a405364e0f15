package plugin

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// accessOptions are those of the commands of access. The project is named by the
// place to work in.
type accessOptions struct {
	*session
	output
	tenant, project string
	// role is given to the subject; without edit nothing is changed.
	role string
	kind v1alpha1.SubjectKind
	name string
	edit func(members []v1alpha1.ProjectMember) []v1alpha1.ProjectMember
}

func (s *session) accessListCommand() *cobra.Command {
	o := &accessOptions{session: s}
	command := runs(&cobra.Command{
		Use:               "list",
		Short:             "List the members of a project, and the owners of its tenant",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}, o)
	o.output = newOutput(command, "")
	return command
}

func (s *session) accessGrantCommand() *cobra.Command {
	o := &accessOptions{session: s}
	o.edit = func(members []v1alpha1.ProjectMember) []v1alpha1.ProjectMember {
		return append(o.others(members), v1alpha1.ProjectMember{Kind: o.kind, Name: o.name, Role: v1alpha1.MemberRole(o.role)})
	}
	command := runs(&cobra.Command{
		Use:               "grant SUBJECT --role tenantOwner|projectDev|readOnly",
		Short:             "Make someone a member of a project, or change the role",
		Example:           "  kubectl kubenova access grant dev@example.com --role projectDev -t acme -p web\n  kubectl kubenova access grant group:developers --role readOnly -t acme -p web",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
	}, o)
	o.output = newOutput(command, "access changed")
	command.Flags().StringVar(&o.role, "role", string(v1alpha1.RoleProjectDev), "role of the member")
	completeFlag(command, "role", fixed(roles()...))
	return command
}

func (s *session) accessRevokeCommand() *cobra.Command {
	o := &accessOptions{session: s}
	o.edit = o.others
	command := runs(&cobra.Command{
		Use:               "revoke SUBJECT",
		Short:             "Take someone's access to a project away",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
	}, o)
	o.output = newOutput(command, "access changed")
	return command
}

func roles() []string {
	return []string{string(v1alpha1.RoleTenantOwner), string(v1alpha1.RoleProjectDev), string(v1alpha1.RoleReadOnly)}
}

// subject reads user, group:<name> or a full service account name.
func subject(text string) (v1alpha1.SubjectKind, string) {
	if name, found := strings.CutPrefix(text, "group:"); found {
		return v1alpha1.SubjectGroup, name
	}
	if strings.HasPrefix(text, "system:serviceaccount:") {
		return v1alpha1.SubjectServiceAccount, text
	}
	return v1alpha1.SubjectUser, text
}

// others are the members without the subject.
func (o *accessOptions) others(members []v1alpha1.ProjectMember) []v1alpha1.ProjectMember {
	return slices.DeleteFunc(slices.Clone(members), func(m v1alpha1.ProjectMember) bool {
		return m.Kind == o.kind && m.Name == o.name
	})
}

// Complete implements options.
func (o *accessOptions) Complete(args []string) (err error) {
	if len(args) > 0 {
		o.kind, o.name = subject(args[0])
	}
	o.tenant, o.project, err = o.inProject()
	return err
}

// Validate implements options.
func (o *accessOptions) Validate() error { return o.validate() }

// Run implements options.
func (o *accessOptions) Run(ctx context.Context) error {
	api, err := o.client()
	if err != nil {
		return err
	}
	members := api.Projects(v1alpha1.TenantNamespace(o.tenant))
	var project *v1alpha1.Project
	err = retry.RetryOnConflict(retry.DefaultRetry, func() error {
		if project, err = members.Get(ctx, o.project, metav1.GetOptions{}); err != nil || o.edit == nil {
			return err
		}
		project.Spec.Access = o.edit(project.Spec.Access)
		project, err = members.Update(ctx, project, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return err
	}
	if o.edit != nil || !o.forPeople() {
		return o.print(project, o.Out)
	}
	return o.printMembers(ctx, project)
}

func (o *accessOptions) printMembers(ctx context.Context, project *v1alpha1.Project) error {
	api, err := o.client()
	if err != nil {
		return err
	}
	tenant, err := api.Tenants().Get(ctx, o.tenant, metav1.GetOptions{})
	if err != nil {
		return err
	}
	out := tableOf("Kind", "Name", "Role", "By")
	add := func(kind v1alpha1.SubjectKind, name string, role v1alpha1.MemberRole, by string) {
		out.Rows = append(out.Rows, metav1.TableRow{Cells: []any{string(kind), name, string(role), by}})
	}
	for _, owner := range tenant.Spec.Owners {
		add(owner.Kind, owner.Name, v1alpha1.RoleTenantOwner, "owner of tenant "+tenant.Name)
	}
	for _, member := range project.Spec.Access {
		add(member.Kind, member.Name, member.Role, "member of project "+project.Name)
	}
	return o.printTable(out, o.Out)
}
