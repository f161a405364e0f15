package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// exchange is a request of the guide and its answer.
type exchange struct {
	request *http.Request
	sent    []byte
	status  int
	header  http.Header
	body    []byte
}

// exchanges reads what the shim kept of a step.
func exchanges(folder string) ([]exchange, error) {
	folders, err := filepath.Glob(filepath.Join(folder, "curl-*"))
	if err != nil {
		return nil, err
	}
	var found []exchange
	for _, folder := range folders {
		one, err := readExchange(folder)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, nil
}

func readExchange(folder string) (exchange, error) {
	var call sent
	data, err := os.ReadFile(filepath.Join(folder, "sent"))
	if err == nil {
		err = json.Unmarshal(data, &call)
	}
	if err != nil {
		return exchange{}, fmt.Errorf("reading what curl sent: %w", err)
	}
	e, include, err := call.request()
	if err != nil {
		return exchange{}, err
	}
	headers, err := os.ReadFile(filepath.Join(folder, "headers"))
	if err != nil {
		return exchange{}, fmt.Errorf("there is no answer: %w", err)
	}
	if e.body, err = os.ReadFile(filepath.Join(folder, "output")); err != nil {
		return exchange{}, fmt.Errorf("there is no answer: %w", err)
	}
	if include {
		var ok bool
		if e.body, ok = bytes.CutPrefix(e.body, headers); !ok {
			return exchange{}, fmt.Errorf("curl -i did not print the headers first: %.200q", e.body)
		}
	}
	e.status, e.header, err = readHeaders(headers)
	return e, err
}

// readHeaders reads what curl dumps of an answer: its status line and headers.
func readHeaders(data []byte) (int, http.Header, error) {
	reader := textproto.NewReader(bufio.NewReader(bytes.NewReader(data)))
	line, err := reader.ReadLine()
	if err != nil {
		return 0, nil, fmt.Errorf("reading the status line of %.200q: %w", data, err)
	}
	var protocol string
	var status int
	if _, err := fmt.Sscan(line, &protocol, &status); err != nil {
		return 0, nil, fmt.Errorf("reading the status line %q: %w", line, err)
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil {
		return 0, nil, fmt.Errorf("reading the headers %.200q: %w", data, err)
	}
	return status, http.Header(header), nil
}

// request understands the options of curl that the guide uses. include says
// whether the output begins with the headers.
func (s sent) request() (e exchange, include bool, err error) {
	var method, url string
	header := http.Header{}
	for i := 0; i < len(s.Args); i++ {
		arg, value := s.Args[i], ""
		if slices.Contains([]string{"-X", "-H", "-d", "--data-binary"}, arg) && i+1 < len(s.Args) {
			i++
			value = s.Args[i]
		}
		switch arg {
		case "-sS":
		case "-i":
			include = true
		case "-X":
			method = value
		case "-H":
			name, content, _ := strings.Cut(value, ":")
			header.Add(name, strings.TrimSpace(content))
		case "-d", "--data-binary":
			if e.sent, err = s.data(value); err != nil {
				return e, false, err
			}
		default:
			if url != "" || strings.HasPrefix(arg, "-") {
				return e, false, fmt.Errorf("the runner does not know what curl does with %q", arg)
			}
			url = arg
		}
	}
	if method == "" {
		method = http.MethodGet
		if e.sent != nil {
			method = http.MethodPost
		}
	}
	e.request, err = http.NewRequest(method, url, nil)
	if err != nil {
		return e, false, err
	}
	e.request.Header = header
	return e, include, nil
}

// data returns what curl sends for a value: the content of a file after an @.
func (s sent) data(value string) ([]byte, error) {
	name, isFile := strings.CutPrefix(value, "@")
	if !isFile {
		return []byte(value), nil
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(s.Folder, name)
	}
	return os.ReadFile(name)
}
