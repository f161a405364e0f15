package facade

// RouteNeed is a route and what the table says it amounts to.
type RouteNeed struct{ Method, Path, Verb, Resource, Subresource string }

// RouteNeeds returns the routes that call the API server for what they amount to.
func RouteNeeds() []RouteNeed {
	var out []RouteNeed
	for _, r := range routes() {
		if r.open || r.resource == "me" || r.resource == "version" {
			continue
		}
		out = append(out, RouteNeed{r.method, r.path, r.verb, r.resource, r.subresource})
	}
	return out
}

// StreamCount returns how many routes have a stream.
func StreamCount() int {
	count := 0
	for _, r := range routes() {
		if r.watch != nil {
			count++
		}
	}
	return count
}
