package apiserver

// AdmissionOptions is for tests that import pkg/testserver, which imports this package.
var AdmissionOptions = admissionOptions

// FlowOf is for the same tests.
var FlowOf = flowOf

// Fair is for the same tests.
var Fair = (*Config).fair
