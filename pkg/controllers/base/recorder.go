package base

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// Recorder tells of what was done to objects, by Events on the host cluster. Its
// zero value tells nobody: standalone has no place for Events.
type Recorder struct{ events events.EventRecorder }

// NewRecorder returns the recorder of a controller.
func NewRecorder(mgr manager.Manager, host HostNamespaces, controller string) Recorder {
	if !host.Enabled {
		return Recorder{}
	}
	return RecorderOf(mgr.GetEventRecorder(controller))
}

// RecorderOf returns a recorder that makes its Events with another.
func RecorderOf(recorder events.EventRecorder) Recorder { return Recorder{events: recorder} }

// Warn tells of what someone has to do something about.
func (r Recorder) Warn(object client.Object, action, reason, note string, args ...any) {
	if r.events == nil {
		return
	}
	r.events.Eventf(object, nil, corev1.EventTypeWarning, reason, action, note, args...)
}

// Done tells of an action that an object has gone through.
func (r Recorder) Done(object client.Object, action, reason, note string, args ...any) {
	if r.events == nil {
		return
	}
	r.events.Eventf(object, nil, corev1.EventTypeNormal, reason, action, note, args...)
}
