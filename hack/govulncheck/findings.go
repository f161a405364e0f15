package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// finding is a vulnerability that a call in our code can reach.
type finding struct {
	id, module, version, fixed, summary string
}

type findings struct {
	// database is when the database was last changed.
	database string
	// called maps the id of each vulnerability to one finding of it.
	called map[string]finding
}

// message is what is read of one element of govulncheck's JSON stream.
type message struct {
	Config *struct {
		DBLastModified string `json:"db_last_modified"`
		ScanLevel      string `json:"scan_level"`
	} `json:"config"`
	OSV *struct {
		ID      string `json:"id"`
		Summary string `json:"summary"`
	} `json:"osv"`
	Finding *struct {
		OSV          string `json:"osv"`
		FixedVersion string `json:"fixed_version"`
		Trace        []struct {
			Module   string `json:"module"`
			Version  string `json:"version"`
			Function string `json:"function"`
		} `json:"trace"`
	} `json:"finding"`
}

// parseFindings keeps the findings of symbol level: the vulnerable function is
// reached, and its module is not just required.
func parseFindings(r io.Reader) (*findings, error) {
	found := &findings{called: map[string]finding{}}
	summaries := map[string]string{}
	decoder := json.NewDecoder(r)
	for {
		var m message
		err := decoder.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("decoding govulncheck's output: %w", err)
		}
		switch {
		case m.Config != nil && m.Config.ScanLevel != "symbol":
			return nil, fmt.Errorf("govulncheck scanned at level %q: only symbol tells what is called", m.Config.ScanLevel)
		case m.Config != nil:
			found.database = m.Config.DBLastModified
		case m.OSV != nil:
			summaries[m.OSV.ID] = m.OSV.Summary
		case m.Finding != nil && len(m.Finding.Trace) > 0 && m.Finding.Trace[0].Function != "":
			at := m.Finding.Trace[0]
			found.called[m.Finding.OSV] = finding{id: m.Finding.OSV, module: at.Module, version: at.Version, fixed: m.Finding.FixedVersion}
		}
	}
	if found.database == "" {
		return nil, errors.New("govulncheck did not say which database it used")
	}
	for id, f := range found.called {
		f.summary = summaries[id]
		found.called[id] = f
	}
	return found, nil
}
