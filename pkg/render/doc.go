// Package render makes a revision of an app: it moves app-level traits to the
// components, merges the attached policy sets in, translates the rules of the
// catalog to what KubeVela 1.10 has, and refuses everything that is not on its
// allow-list (allowlist.go).
//
// The delivery system on a cluster can do far more than a tenant may: mount the
// host, create any object, deliver elsewhere. What is not listed is therefore an
// error that names its path, and nothing is dropped silently.
//
// Which trait of a type a component gets, the later wins:
//
//  1. a trait of the app that names no component,
//  2. a trait of the app that names the component,
//  3. a trait of the component itself,
//  4. the rules of the attached policy sets, in the order of the sets' names.
//
// A trait that names no component goes to the components that it can apply to.
package render
