package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

func (s *session) accessCommand() *cobra.Command {
	return group("access", "Say who may work in a project",
		s.accessListCommand(), s.accessGrantCommand(), s.accessRevokeCommand())
}

func (s *session) accessListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the members of a project",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			projects, name, err := s.projects()
			if err != nil {
				return err
			}
			project, err := projects.Get(command.Context(), name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			rows := [][]string{{"KIND", "NAME", "ROLE"}}
			for _, member := range project.Spec.Access {
				rows = append(rows, []string{string(member.Kind), member.Name, string(member.Role)})
			}
			return table(s.Out, rows)
		},
	}
}

func (s *session) accessGrantCommand() *cobra.Command {
	var role string
	command := &cobra.Command{
		Use:     "grant SUBJECT --role tenantOwner|projectDev|readOnly",
		Short:   "Make someone a member of a project, or change the role",
		Example: "  kubectl kubenova access grant dev@example.com --role projectDev -t acme -p web\n  kubectl kubenova access grant group:developers --role readOnly -t acme -p web",
		Args:    cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			kind, name := subject(args[0])
			member := v1alpha1.ProjectMember{Kind: kind, Name: name, Role: v1alpha1.MemberRole(role)}
			return s.changeAccess(command.Context(), func(members []v1alpha1.ProjectMember) []v1alpha1.ProjectMember {
				return append(without(members, kind, name), member)
			})
		},
	}
	command.Flags().StringVar(&role, "role", string(v1alpha1.RoleProjectDev), "role of the member")
	return command
}

func (s *session) accessRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke SUBJECT",
		Short: "Take someone's access to a project away",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			kind, name := subject(args[0])
			return s.changeAccess(command.Context(), func(members []v1alpha1.ProjectMember) []v1alpha1.ProjectMember {
				return without(members, kind, name)
			})
		},
	}
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

func without(members []v1alpha1.ProjectMember, kind v1alpha1.SubjectKind, name string) []v1alpha1.ProjectMember {
	return slices.DeleteFunc(slices.Clone(members), func(m v1alpha1.ProjectMember) bool {
		return m.Kind == kind && m.Name == name
	})
}

// projects returns the client of the tenant's projects and the project's name.
func (s *session) projects() (client.ProjectInterface, string, error) {
	namespace, err := s.tenantNamespace()
	if err != nil {
		return nil, "", err
	}
	_, project, err := s.place()
	if err != nil {
		return nil, "", err
	}
	if project == "" {
		return nil, "", missing("project")
	}
	clients, err := s.client()
	if err != nil {
		return nil, "", err
	}
	return clients.KubenovaV1alpha1().Projects(namespace), project, nil
}

func (s *session) changeAccess(ctx context.Context, edit func([]v1alpha1.ProjectMember) []v1alpha1.ProjectMember) error {
	projects, name, err := s.projects()
	if err != nil {
		return err
	}
	err = retry.RetryOnConflict(retry.DefaultRetry, func() error {
		project, err := projects.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		project.Spec.Access = edit(project.Spec.Access)
		_, err = projects.Update(ctx, project, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "project.kubenova.io/%s access changed\n", name)
	return nil
}
