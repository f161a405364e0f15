package plugin

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned/scheme"
)

// completeTimeout bounds how long someone who presses tab waits.
const completeTimeout = 5 * time.Second

// completed tells what a word on the command line may become.
type completed = cobra.CompletionFunc

// completeFlag says what the values of a flag can be. That a flag is not there is
// a mistake in this package.
func completeFlag(command *cobra.Command, flag string, values completed) {
	if err := command.RegisterFlagCompletionFunc(flag, values); err != nil {
		panic(err)
	}
}

// fixed completes to some words.
func fixed(words ...string) completed {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}

// names completes to the objects of a kind that the caller may see, without those
// that are there already.
func (s *session) names(k kind) completed {
	return func(command *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(contextOf(command), completeTimeout)
		defer cancel()
		found, err := s.find(ctx, k)
		if err != nil {
			cobra.CompErrorln(err.Error())
			return nil, cobra.ShellCompDirectiveError
		}
		found = slices.DeleteFunc(found, func(name string) bool { return !strings.HasPrefix(name, word) || slices.Contains(args, name) })
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// first completes the first argument only.
func first(complete completed) completed {
	return func(command *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(command, args, word)
	}
}

func contextOf(command *cobra.Command) context.Context {
	if ctx := command.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}

// find returns the names of the objects of a kind, a page of them at most.
func (s *session) find(ctx context.Context, k kind) ([]string, error) {
	namespace, err := s.namespace(k)
	if err != nil {
		return nil, err
	}
	api, err := s.client()
	if err != nil {
		return nil, err
	}
	list := k.list()
	err = api.RESTClient().Get().Resource(k.resource).NamespaceIfScoped(namespace, namespace != "").
		VersionedParams(&metav1.ListOptions{Limit: page}, scheme.ParameterCodec).Do(ctx).Into(list)
	if err != nil {
		return nil, err
	}
	var out []string
	err = meta.EachListItem(list, func(object runtime.Object) error {
		item, err := meta.Accessor(object)
		if err == nil {
			out = append(out, item.GetName())
		}
		return err
	})
	return out, err
}
