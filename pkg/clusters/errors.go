package clusters

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// ReasonBusy is the reason of an UnavailableError of a cluster that works, but
// has as many calls to answer as it may have.
const ReasonBusy = "Busy"

// UnavailableError says that a cluster cannot be worked with at the moment.
type UnavailableError struct {
	// Cluster is its name.
	Cluster string
	// Reason is a word for machines, Message a sentence for people.
	Reason, Message string
	// Soon is true when the same call may work in a second or two.
	Soon bool
	// Unprobed is true when nothing is known of the cluster yet, as after a
	// start. That is no reason to say anything of what lives on it.
	Unprobed bool
}

// Error returns the cluster and the message.
func (e *UnavailableError) Error() string {
	return "cluster " + e.Cluster + ": " + e.Message
}

// Untold says that there is nothing to be said of it to people: nothing is known of
// the cluster yet, or it works and merely has to be waited for.
func (e *UnavailableError) Untold() bool { return e.Unprobed || e.Reason == ReasonBusy }

// AsUnavailable returns the UnavailableError in err, if there is one.
func AsUnavailable(err error) (*UnavailableError, bool) {
	var unavailable *UnavailableError
	ok := errors.As(err, &unavailable)
	return unavailable, ok
}

// Answer is the error that a cluster has answered with, as opposed to one of
// KubeNova's own API.
type Answer struct{ err error }

// Error returns what the cluster says.
func (a *Answer) Error() string { return a.err.Error() }

// Unwrap returns the API status.
func (a *Answer) Unwrap() error { return a.err }

// answered says whether an error is the API server's own answer.
func answered(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status)
}

// Explain puts an error of a connection into words that stay the same from one
// attempt to the next, and that hold no address.
func Explain(err error) (reason, message string) {
	var (
		address  *AddressError
		dns      *net.DNSError
		unknown  x509.UnknownAuthorityError
		host     x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		alert    tls.AlertError
		deadline interface{ Timeout() bool }
	)
	switch {
	case errors.As(err, &address):
		return "AddressNotAllowed", "The server's address is not allowed: " + address.Error() + "."
	case errors.Is(err, errTooBig):
		return "AnswerTooBig", "The server answers with more than is accepted."
	case errors.Is(err, errRedirect):
		return "Redirected", "The server answers with a redirect; give the address of the API server itself."
	case errors.As(err, &dns):
		return "NameNotResolved", "The server's name cannot be resolved."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "ConnectionRefused", "The server refuses connections."
	case errors.As(err, &unknown):
		return "CertificateInvalid", "The server's certificate is not signed by the CA in the kubeconfig."
	case errors.As(err, &host):
		return "CertificateInvalid", "The server's certificate is not for the name in the kubeconfig."
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "CertificateInvalid", "The server's certificate is not valid."
	case errors.As(err, &alert):
		return "TLSFailed", "The server refuses the TLS connection: " + alert.Error() + "."
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &deadline) && deadline.Timeout():
		return "Timeout", "The server does not answer in time."
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "Unreachable", "There is no route to the server."
	case answered(err):
		return "ServerError", "The server answers with an error: " + string(apierrors.ReasonForError(err)) + "."
	default:
		return "ConnectionFailed", "The connection to the server fails."
	}
}
