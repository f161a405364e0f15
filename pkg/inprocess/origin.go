package inprocess

import (
	"context"
	"net/http"
)

// Door is where a request came in.
type Door string

// Doors.
const (
	// DoorNative is the native API.
	DoorNative Door = "native"
	// DoorREST is the REST door, which calls the native API in process.
	DoorREST Door = "rest"
	// DoorInternal is the server itself and its controllers.
	DoorInternal Door = "internal"
)

// origin is what the context of an outer request says of the inner one's.
type origin struct {
	door       Door
	remoteAddr string
}

type originKey struct{}

// FromREST has the requests that are made on behalf of one of the REST door say so,
// with the address that it came from.
func FromREST(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx := context.WithValue(req.Context(), originKey{}, origin{DoorREST, req.RemoteAddr})
		handler.ServeHTTP(w, req.WithContext(ctx))
	})
}

// originOf returns what an outer request says.
func originOf(outer context.Context) origin {
	if o, ok := outer.Value(originKey{}).(origin); ok {
		return o
	}
	return origin{DoorInternal, "127.0.0.1:0"}
}

// DoorOf returns where a request of the native API came in, by its context.
func DoorOf(ctx context.Context) Door {
	if o, ok := ctx.Value(originKey{}).(origin); ok {
		return o.door
	}
	return DoorNative
}
