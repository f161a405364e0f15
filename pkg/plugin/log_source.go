package plugin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/podlog"
)

// logSource is where the logs of an app come from.
type logSource struct {
	client         rest.Interface
	namespace, app string
}

// open asks for the log of a component, a JSON object a line.
func (s *logSource) open(ctx context.Context, component string, o v1alpha1.AppLogOptions) (io.ReadCloser, error) {
	request := s.client.Get().Namespace(s.namespace).Resource("apps").Name(s.app).SubResource("logs").Param("component", component)
	if o.TailLines != nil {
		request.Param("tailLines", fmt.Sprint(*o.TailLines))
	}
	if o.SinceSeconds != nil {
		request.Param("sinceSeconds", fmt.Sprint(*o.SinceSeconds))
	}
	if o.Follow {
		request.Param("follow", "true")
	}
	return request.Stream(ctx)
}

// read returns a log that ends.
func (s *logSource) read(ctx context.Context, component string, o v1alpha1.AppLogOptions) (lines []podlog.Line, err error) {
	stream, err := s.open(ctx, component, o)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	err = eachLine(stream, func(line podlog.Line) error {
		lines = append(lines, line)
		return nil
	})
	return lines, err
}

// errPrinting is an error of whoever the lines are for, and not of their source.
var errPrinting = errors.New("writing a line")

// eachLine hands over the lines of a stream until it ends. A last line that was cut
// off is an error, and not handed over.
func eachLine(stream io.Reader, emit func(podlog.Line) error) error {
	reader := bufio.NewReader(stream)
	for {
		raw, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(raw) == 0 {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		var line podlog.Line
		if err := json.Unmarshal(raw, &line); err != nil {
			return fmt.Errorf("reading a line of the log: %w", err)
		}
		if err := emit(line); err != nil {
			return fmt.Errorf("%w: %w", errPrinting, err)
		}
	}
}
