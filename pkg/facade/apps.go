package facade

import "github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"

func createApp(c *call) (reply, error) {
	var body app
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	wanted, err := toApp(body)
	if err != nil {
		return reply{}, err
	}
	namespace, err := c.projectNamespace()
	if err != nil {
		return reply{}, err
	}
	created, err := c.api.Apps(namespace).Create(c.ctx(), wanted, c.createOptions())
	if err != nil {
		return reply{}, err
	}
	return withObject(created, fromApp(created)), nil
}

func listApps(c *call) (reply, error) {
	query, err := parseListQuery(c.query)
	if err != nil {
		return reply{}, err
	}
	namespace, err := c.projectNamespace()
	if err != nil {
		return reply{}, err
	}
	apps, cursor, err := c.apps(namespace).page(c.ctx(), query.options())
	if err != nil {
		return reply{}, err
	}
	return listReply(apps, cursor, fromApp), nil
}

func getApp(c *call) (reply, error) {
	found, err := c.app()
	if err != nil {
		return reply{}, err
	}
	return withObject(found, fromApp(found)), nil
}

func putApp(c *call) (reply, error) {
	var body app
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	updated, err := c.changeApp(body.apply)
	if err != nil {
		return reply{}, err
	}
	return withObject(updated, fromApp(updated)), nil
}

// deleteApp serves DELETE of an app and its action delete. What runs goes away
// after the answer.
func deleteApp(c *call) (reply, error) {
	found, err := c.app()
	if err != nil {
		return reply{}, err
	}
	return accepted(found), c.apps(found.Namespace).remove(c, found)
}

// putTraits replaces the traits of an app with the array in the body.
func putTraits(c *call) (reply, error) {
	var body []appTrait
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	traits, problems := toAppTraits(body, nil)
	if len(problems) > 0 {
		return reply{}, invalid(problems...)
	}
	updated, err := c.changeApp(func(a *v1alpha1.App) error {
		a.Spec.Traits = traits
		return nil
	})
	if err != nil {
		return reply{}, under("traits", err)
	}
	return withoutBody(updated), nil
}

// putPolicies replaces the policies of an app with the array in the body.
func putPolicies(c *call) (reply, error) {
	var body []policy
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	policies, problems := toPolicies(body, nil)
	if len(problems) > 0 {
		return reply{}, invalid(problems...)
	}
	updated, err := c.changeApp(func(a *v1alpha1.App) error {
		a.Spec.Policies = policies
		return nil
	})
	if err != nil {
		return reply{}, under("policies", err)
	}
	return withoutBody(updated), nil
}

func (c *call) changeApp(edit func(*v1alpha1.App) error) (*v1alpha1.App, error) {
	namespace, err := c.projectNamespace()
	if err != nil {
		return nil, err
	}
	apps := c.apps(namespace)
	find := func() (*v1alpha1.App, error) { return apps.find(c.ctx(), c.param("app")) }
	return apps.change(c, find, edit)
}
