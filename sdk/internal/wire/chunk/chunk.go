// Package chunk moves large contents across a lane in parts.
package chunk

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
)

// Limits of the protocol, in bytes.
const (
	Part      = 256 << 10 // largest chunk, and largest content that stays inside its message
	Inline    = 1 << 20   // contents of one message that stay inside it, together
	Frame     = 4 << 20   // largest frame, either way
	Execution = 64 << 20  // contents of one execution, each way
	Load      = 64 << 20  // source files of one Load
	Body      = 32 << 20  // body of a request that a connection provider signs
)

// Out is the sending side of one lane: it numbers contents and counts their bytes. It may be used by several goroutines.
type Out struct {
	last atomic.Uint32
	sent atomic.Int64
	max  int64
}

// NewOut makes the sending side. At most limit content bytes go out between two calls of Reset.
func NewOut(limit int64) *Out { return &Out{max: limit} }

// Reset begins an execution.
func (o *Out) Reset() { o.sent.Store(0) }

// Message begins a message whose large contents go to send, part by part, before the message itself.
func (o *Out) Message(send func(*pb.Chunk) error) *Splitter {
	return &Splitter{out: o, send: send}
}

// Splitter places the contents of one message. The first error sticks; the message must not be sent then.
type Splitter struct {
	out    *Out
	send   func(*pb.Chunk) error
	inline int
	err    error
}

// Err tells why the message must not be sent: a ResultSize fault, or what send returned.
func (s *Splitter) Err() error { return s.err }

// Content places one byte string. The bytes are shared, not copied.
func (s *Splitter) Content(data []byte) *pb.Content {
	if s.err != nil {
		return nil
	}
	if total := s.out.sent.Add(int64(len(data))); total > s.out.max {
		s.err = fault.New(fault.Limit, fault.ResultSize, "more than %d MiB of values in one execution", s.out.max>>20)
		return nil
	}
	if len(data) <= Part && s.inline+len(data) <= Inline {
		s.inline += len(data)
		return &pb.Content{Inline: data}
	}
	return &pb.Content{Chunks: s.split(data)}
}

// Optional places a byte string that may be absent: an empty one gives nil.
func (s *Splitter) Optional(data []byte) *pb.Content {
	if len(data) == 0 {
		return nil
	}
	return s.Content(data)
}

func (s *Splitter) split(data []byte) uint32 {
	id := s.out.last.Add(1)
	for len(data) > 0 && s.err == nil {
		part := data[:min(len(data), Part)]
		data = data[len(part):]
		s.err = s.send(&pb.Chunk{Id: id, Data: part})
	}
	return id
}

// In is the receiving side of one lane: it keeps the parts of the execution under way until a message refers to them.
// It may be used by several goroutines.
type In struct {
	max int64

	mu       sync.Mutex
	received int64
	parts    map[uint32][][]byte
}

// NewIn makes the receiving side. At most limit content bytes are taken between two calls of Reset.
func NewIn(limit int64) *In { return &In{max: limit} }

// Reset ends an execution: parts that nobody referred to are dropped.
func (in *In) Reset() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.received, in.parts = 0, nil
}

// Add keeps a part. It returns a Protocol fault for a part that breaks the rules.
func (in *In) Add(part *pb.Chunk) error {
	if part.GetId() == 0 || len(part.GetData()) == 0 || len(part.GetData()) > Part {
		return fault.New(fault.Engine, fault.Protocol, "a chunk of %d bytes with the id %d", len(part.GetData()), part.GetId())
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := in.count(len(part.GetData())); err != nil {
		return err
	}
	if in.parts == nil {
		in.parts = make(map[uint32][][]byte)
	}
	in.parts[part.GetId()] = append(in.parts[part.GetId()], part.GetData())
	return nil
}

// Content gives a byte string, never nil. Those that came in chunks are handed out once.
func (in *In) Content(content *pb.Content) ([]byte, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if content.GetChunks() == 0 {
		if content.GetInline() == nil {
			return []byte{}, nil
		}
		return content.GetInline(), in.count(len(content.GetInline()))
	}
	parts, found := in.parts[content.GetChunks()]
	if !found {
		return nil, fault.New(fault.Engine, fault.Protocol, "no chunks came for the content %d", content.GetChunks())
	}
	delete(in.parts, content.GetChunks())
	return bytes.Join(parts, nil), nil
}

// Optional gives a byte string that may be absent: nil for an absent or empty one.
func (in *In) Optional(content *pb.Content) ([]byte, error) {
	if content == nil {
		return nil, nil
	}
	data, err := in.Content(content)
	if len(data) == 0 {
		return nil, err
	}
	return data, err
}

func (in *In) count(size int) error {
	in.received += int64(size)
	if in.received > in.max {
		return fault.New(fault.Limit, fault.ResultSize, "more than %d MiB of values in one execution", in.max>>20)
	}
	return nil
}
