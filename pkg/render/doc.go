// Package render makes a revision of an app: it moves app-level traits to the
// components, merges the policy sets of the plan and the attached ones in,
// translates the rules of the catalog to what KubeVela 1.10 has, and refuses
// everything that is not on its allow-list (allowlist.go).
//
// The delivery system on a cluster can do far more than a tenant may: mount the
// host, create any object, deliver elsewhere. What is not listed is therefore an
// error that names its path, and nothing is dropped silently.
//
// Which trait of a type a component gets, the later wins:
//
//  1. a rollout policy of the app,
//  2. a trait of the app that names no component,
//  3. a trait of the app that names the component,
//  4. a trait of the component itself,
//  5. the rules of the plan's policy sets, in the order of the plan,
//  6. the rules of the attached policy sets, in the order of the sets' names.
//
// A rollout that is blue and green wins over every other rollout. The network
// and image policies do not replace each other: all of them hold (guards.go).
//
// What the app itself asks for has to apply to a component of it; a rule passes
// by the components that it cannot apply to.
package render
