package v1alpha1

// AnnotationTrace on an object says which traced request changed it last, for the
// controllers that carry the change on. The server alone writes it, and only while it
// records traces; what callers write of it does not count.
const AnnotationTrace = "kubenova.io/trace"
