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

// Detail is a detail of a refusal.
type Detail = detail

// DetailsOf returns what the REST door says of an error of the native API that a
// part of an object met; an empty part is the whole.
func DetailsOf(part string, err error) []Detail {
	if part == "" {
		return translate(err).details
	}
	if part == "plan" {
		return translate(renamed("plan", "name", err)).details
	}
	return translate(under(part, err)).details
}
