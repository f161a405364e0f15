package facade

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// deployApp makes a revision of an app. A dry run answers with what the revision
// would be.
func deployApp(c *call) (reply, error) {
	return c.act(func(found *v1alpha1.App, meta metav1.ObjectMeta) (v1alpha1.AppDeployStatus, error) {
		done, err := c.api.Apps(found.Namespace).Deploy(c.ctx(), found.Name, &v1alpha1.AppDeploy{ObjectMeta: meta}, c.createOptions())
		return statusOf(done, err, func(d *v1alpha1.AppDeploy) v1alpha1.AppDeployStatus { return d.Status })
	})
}

// suspendApp stops what an app runs.
func suspendApp(c *call) (reply, error) {
	return c.act(func(found *v1alpha1.App, meta metav1.ObjectMeta) (v1alpha1.AppDeployStatus, error) {
		done, err := c.api.Apps(found.Namespace).Suspend(c.ctx(), found.Name, &v1alpha1.AppSuspend{ObjectMeta: meta}, c.createOptions())
		return statusOf(done, err, func(d *v1alpha1.AppSuspend) v1alpha1.AppDeployStatus { return d.Status })
	})
}

// resumeApp lets an app that is suspended run again.
func resumeApp(c *call) (reply, error) {
	return c.act(func(found *v1alpha1.App, meta metav1.ObjectMeta) (v1alpha1.AppDeployStatus, error) {
		done, err := c.api.Apps(found.Namespace).Resume(c.ctx(), found.Name, &v1alpha1.AppResume{ObjectMeta: meta}, c.createOptions())
		return statusOf(done, err, func(d *v1alpha1.AppResume) v1alpha1.AppDeployStatus { return d.Status })
	})
}

type rollbackRequest struct {
	// ToRevision is missing for the revision before the newest.
	ToRevision *int64 `json:"toRevision,omitempty"`
}

// rollbackApp deploys what an earlier revision had.
func rollbackApp(c *call) (reply, error) {
	var body rollbackRequest
	if err := c.decodeIfAny(&body); err != nil {
		return reply{}, err
	}
	var spec v1alpha1.AppRollbackSpec
	if body.ToRevision != nil {
		if spec.ToRevision = *body.ToRevision; spec.ToRevision < 1 {
			return reply{}, invalid(field.Invalid(field.NewPath("toRevision"), spec.ToRevision, "must be at least 1"))
		}
	}
	return c.actOn(func(found *v1alpha1.App, meta metav1.ObjectMeta) (v1alpha1.AppDeployStatus, error) {
		done, err := c.api.Apps(found.Namespace).Rollback(c.ctx(), found.Name, &v1alpha1.AppRollback{ObjectMeta: meta, Spec: spec}, c.createOptions())
		return statusOf(done, err, func(d *v1alpha1.AppRollback) v1alpha1.AppDeployStatus { return d.Status })
	})
}

type imageUpdate struct {
	Component string `json:"component"`
	Image     string `json:"image"`
	Tag       string `json:"tag,omitempty"`
}

// updateImage sets the image of a component and deploys the app.
func updateImage(c *call) (reply, error) {
	var body imageUpdate
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	spec := v1alpha1.AppImageSpec{Component: body.Component, Image: body.Image, Tag: body.Tag}
	return c.actOn(func(found *v1alpha1.App, meta metav1.ObjectMeta) (v1alpha1.AppDeployStatus, error) {
		done, err := c.api.Apps(found.Namespace).UpdateImage(c.ctx(), found.Name, &v1alpha1.AppImage{ObjectMeta: meta, Spec: spec}, c.createOptions())
		return statusOf(done, err, func(d *v1alpha1.AppImage) v1alpha1.AppDeployStatus { return d.Status })
	})
}

// appAction is what a route does to an app. meta names the app that was found,
// and no other that has taken its name since.
type appAction func(found *v1alpha1.App, meta metav1.ObjectMeta) (v1alpha1.AppDeployStatus, error)

func statusOf[T any](done T, err error, status func(T) v1alpha1.AppDeployStatus) (v1alpha1.AppDeployStatus, error) {
	if err != nil {
		return v1alpha1.AppDeployStatus{}, err
	}
	return status(done), nil
}

// act serves an action that needs no body.
func (c *call) act(do appAction) (reply, error) {
	if err := c.decodeNothing(); err != nil {
		return reply{}, err
	}
	return c.actOn(do)
}

// actOn does something to the path's app. It takes effect after the answer; a dry
// run answers with what would run.
func (c *call) actOn(do appAction) (reply, error) {
	found, err := c.app()
	if err != nil {
		return reply{}, err
	}
	status, err := do(found, only(found))
	if err != nil {
		return reply{}, err
	}
	if len(c.dryRun) > 0 {
		return reply{body: fromDeploy(status)}, nil
	}
	return accepted(found), nil
}
