package pipeline

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/respond"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/trigger"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// invoke starts a sibling flow for a running execution: it runs within that one's time, or, if it is asynchronous, is accepted.
// API keys are not asked for: the caller is the same instance. The error is a fault of what kept the sibling from starting; a
// sibling that failed is an answer.
func (p *Pipeline) invoke(ctx context.Context, parent *integration.Execution, asked hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
	plan := p.catalog.Load().siblings[namedFlow{parent.Target.Instance, integration.FlowName(asked.Flow)}]
	if plan == nil {
		return hostapi.InvokeResponse{}, fault.New(fault.Host, fault.NotFound,
			"invokeFlow: the integration %q has no flow %q", parent.Target.Integration.Name, asked.Flow)
	}
	request, err := p.invocation(parent, plan.Target, asked)
	if err != nil {
		return hostapi.InvokeResponse{}, err
	}
	execution := p.begin(request)
	execution.Target, execution.Depth, execution.Frame = plan.Target, parent.Depth+1, frame(parent)
	payload, err := trigger.Invoked(request, asked.Data)
	if err != nil {
		return hostapi.InvokeResponse{}, err
	}
	in := p.entry(plan, execution, payload, store.Invoke, false)
	in.data = &asked.Data
	report := p.enter(ctx, in)
	switch {
	case report.unkept != nil:
		return hostapi.InvokeResponse{}, report.unkept
	case report.first != nil:
		return respond.Again(report.first), nil
	}
	return respond.Sibling(execution.ID, report.Outcome), nil
}

// options are what the call's options object may say of the request that the sibling sees.
type options struct {
	Headers map[string]any `json:"headers"`
}

// invocation makes the request that the sibling sees: a POST of the data to its URL.
func (p *Pipeline) invocation(parent *integration.Execution, target integration.Target, asked hostapi.InvokeRequest) (*integration.Request, error) {
	path := target.Instance.Endpoints[target.Flow.Name].Path()
	request := &integration.Request{
		Method: "POST", Path: path, InvokeURL: origin(parent.Request.InvokeURL) + path, ReceivedAt: p.rooms.Now(),
		ContentType: "application/json", Body: asked.Data.JSON,
	}
	if asked.Data.IsRaw() {
		request.Body, request.ContentType = asked.Data.Raw, asked.Data.ContentType
	}
	if len(asked.Data.Blobs) > 0 {
		request.Body = nil
	}
	var err error
	request.Headers, err = headersOf(asked.Options)
	request.Headers = append(request.Headers, hostapi.Header{Name: "content-type", Value: request.ContentType})
	return request, err
}

func headersOf(text []byte) ([]hostapi.Header, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var read options
	if err := json.Unmarshal(text, &read); err != nil {
		return nil, fault.New(fault.Host, fault.Refused, "invokeFlow: the options must be an object whose headers are an object: %v", err)
	}
	var headers []hostapi.Header
	for name, of := range read.Headers {
		name = strings.ToLower(name)
		if name == "content-type" {
			continue
		}
		headers = append(headers, hostapi.Header{Name: name, Value: headerText(of)})
	}
	return headers, nil
}

func headerText(of any) string {
	if text, ok := of.(string); ok {
		return text
	}
	text, err := json.Marshal(of)
	if err != nil {
		return ""
	}
	return string(text)
}

// origin is what comes before the path of a URL.
func origin(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	authority, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + authority
}

// maxFrame is how many bytes of its ancestors a frame tells: a flow that calls itself page by page has any number of them.
const maxFrame = 4 << 10

// frame tells a sibling who started it.
func frame(parent *integration.Execution) []byte {
	text := value.AppendText([]byte(`{"invokedByExecutionId":`), parent.ID.String())
	text = value.AppendText(append(text, `,"invokedByFlow":`...), string(parent.Target.Flow.Name))
	text = append(append(text, `,"depth":`...), strconv.Itoa(parent.Depth+1)...)
	if parent.Frame != nil && len(parent.Frame) <= maxFrame {
		text = append(append(text, `,"parent":`...), parent.Frame...)
	}
	return append(text, '}')
}
