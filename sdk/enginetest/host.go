package enginetest

import (
	"context"
	"sync"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// call is one question that code asked.
type call struct {
	fetch  *hostapi.FetchRequest
	invoke *hostapi.InvokeRequest
}

// stage is the host of a case: it answers as the case says and remembers what it was asked and told.
type stage struct {
	answers []AnswerSpec
	asked   func() // called when a call waits
	logged  func() // called when a line came

	mu    sync.Mutex
	lines []hostapi.Line
	calls []call
}

var _ hostapi.Host = (*stage)(nil)

// Log implements hostapi.Host.
func (s *stage) Log(line hostapi.Line) {
	s.mu.Lock()
	s.lines = append(s.lines, line)
	s.mu.Unlock()
	s.logged()
}

// Fetch implements hostapi.Host.
func (s *stage) Fetch(ctx context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	answer, err := s.answer(ctx, call{fetch: &request})
	if err != nil {
		return hostapi.FetchResponse{}, err
	}
	if answer.Fetch == nil {
		return hostapi.FetchResponse{}, unexpected("fetch of " + request.URL)
	}
	url := answer.Fetch.URL
	if url == "" {
		url = request.URL
	}
	return hostapi.FetchResponse{
		Status:     answer.Fetch.Status,
		StatusText: answer.Fetch.StatusText,
		Headers:    headers(answer.Fetch.Headers),
		Body:       []byte(answer.Fetch.Body),
		URL:        url,
		Redirected: url != request.URL,
	}, nil
}

// InvokeFlow implements hostapi.Host.
func (s *stage) InvokeFlow(ctx context.Context, request hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
	answer, err := s.answer(ctx, call{invoke: &request})
	if err != nil {
		return hostapi.InvokeResponse{}, err
	}
	if answer.Invoke == nil {
		return hostapi.InvokeResponse{}, unexpected("call of flow " + request.Flow)
	}
	return hostapi.InvokeResponse{
		Status:  answer.Invoke.Status,
		Headers: headers(answer.Invoke.Headers),
		Data:    answer.Invoke.Data.value(),
	}, nil
}

// answer takes the next answer. A zero one waits until the run ends.
func (s *stage) answer(ctx context.Context, asked call) (AnswerSpec, error) {
	s.mu.Lock()
	s.calls = append(s.calls, asked)
	var next AnswerSpec
	known := len(s.answers) > 0
	if known {
		next, s.answers = s.answers[0], s.answers[1:]
	}
	s.mu.Unlock()
	switch {
	case !known:
		return next, unexpected("one more call")
	case next.Fault != nil:
		return next, next.Fault.fault()
	case next == AnswerSpec{}:
		s.asked()
		<-ctx.Done()
		return next, context.Cause(ctx)
	}
	return next, nil
}

func unexpected(what string) error {
	return fault.New(fault.Host, fault.Refused, "the case doesn't expect this: %s", what)
}

func (s *FaultSpec) fault() *fault.Fault {
	out := fault.New(fault.Source(s.Source), fault.Code(s.Code), "%s", s.Message)
	out.Name = s.Name
	return out
}

func headers(pairs [][2]string) []hostapi.Header {
	var out []hostapi.Header
	for _, pair := range pairs {
		out = append(out, hostapi.Header{Name: pair[0], Value: pair[1]})
	}
	return out
}

// heard gives what came so far.
func (s *stage) heard() ([]hostapi.Line, []call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines, s.calls
}

// data is the value that a call carried.
func (c call) data() value.Value {
	if c.invoke == nil {
		return value.Value{}
	}
	return c.invoke.Data
}
