package history

import (
	"slices"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// ladder says up to how many quarters of the bounds a recording goes with all it has, without its content, and as a row alone. Beyond
// the last it is not kept.
type ladder struct{ whole, bare, row int64 }

// ladderOf gives a recording's. What must not be shed has the bounds once more: memory has an end, but others make room first.
func ladderOf(of *store.Recording) ladder {
	if sheddable(of) {
		return ladder{2, 3, 4}
	}
	return ladder{4, 6, 8}
}

// admit makes a recording of a weight as light as the load asks. It gives the weight that is left, or tells that there is no room.
func (r *Recorder) admit(of *store.Recording, bytes int64) (left int64, ok bool) {
	up := ladderOf(of)
	if r.load(bytes) < up.whole {
		return bytes, true
	}
	withoutContents(of)
	if bytes = weigh(of); r.load(bytes) < up.bare {
		r.counts.Contents++
		return bytes, true
	}
	of.Steps, of.Logs = nil, nil
	if bytes = weigh(of); r.load(bytes) < up.row {
		r.counts.Steps++
		return bytes, true
	}
	return 0, false
}

// load is how many quarters of the bounds are in use with so many bytes more.
func (r *Recorder) load(bytes int64) int64 {
	return max(4*r.counts.Waiting/int64(r.bounds.Count), 4*(r.counts.Bytes+bytes)/r.bounds.Bytes)
}

// sheddable tells recordings that may go when there are too many: nobody has to look after those executions. The end of a reserved
// key and changed states were promised.
func sheddable(of *store.Recording) bool {
	switch of.Execution.Status {
	case store.Succeeded, store.Rejected:
		return of.Reserved == nil && len(of.States) == 0
	default:
		return false
	}
}

// withoutContents takes the input and the results away, so that what each step came to and how long it took stay.
func withoutContents(of *store.Recording) {
	of.Input = nil
	of.Steps = slices.Clone(of.Steps)
	for i := range of.Steps {
		result := &of.Steps[i].Result
		result.Results, result.Response = value.Value{}, nil
	}
}

// What a recording weighs besides its texts.
const (
	recordingBytes = 1 << 10
	stepBytes      = 512
	lineBytes      = 128
	headerBytes    = 32
)

// weigh estimates how much memory a recording holds.
func weigh(of *store.Recording) int64 {
	bytes := recordingBytes
	if of.Input != nil && of.Input.Request != nil {
		request := of.Input.Request
		bytes += len(request.Body) + len(request.Path) + len(request.RawQuery) + len(request.InvokeURL)
		for i := range request.Headers {
			bytes += headerBytes + len(request.Headers[i].Name) + len(request.Headers[i].Value)
		}
	}
	if of.Input != nil && of.Input.Data != nil {
		bytes += of.Input.Data.Size()
	}
	for i := range of.Steps {
		bytes += stepBytes + of.Steps[i].Result.Results.Size()
		if response := of.Steps[i].Result.Response; response != nil {
			bytes += response.Body.Size()
		}
	}
	for i := range of.Logs {
		bytes += lineBytes + len(of.Logs[i].Text)
	}
	return int64(bytes)
}
