// Package record writes what belongs to an execution as bytes for a database to keep.
//
// A record is one byte that tells its format, then CBOR with numbers for keys, or the same compressed by zstd. Fields can be
// added under new numbers: a reader ignores numbers that it does not know, and leaves out what an older record does not have.
// Reading gives back exactly what was written, nil and empty slices told apart, times to the nanosecond and in UTC. The slices that
// a read value holds are its own.
package record

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"

	"github.com/fxamacker/cbor/v2"
	"github.com/klauspost/compress/zstd"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// MaxBytes is how large a record may be, before it is compressed: neither does a Codec write a larger one nor does it read one.
const MaxBytes = 256 << 20

// compressFrom is from which size on compression is tried. Below it takes several times as long as all the rest of writing a record
// (10 µs more for 1 KiB) and what it saves fits into the same page of a database.
const compressFrom = 2 << 10

// The formats of a record, its first byte.
const (
	plain      byte = 1
	compressed byte = 2
)

// keepBuffer is up to which size a buffer is kept for the next record.
const keepBuffer = 1 << 20

// Codec writes and reads records. It may be used by several goroutines at once; one is enough for a program.
type Codec struct {
	write   cbor.UserBufferEncMode
	read    cbor.DecMode
	squeeze *zstd.Encoder
	expand  *zstd.Decoder
	buffers sync.Pool // of *bytes.Buffer
}

// New makes a Codec. It needs no closing.
func New() (*Codec, error) {
	write, err := cbor.EncOptions{}.UserBufferEncMode()
	if err != nil {
		return nil, fmt.Errorf("preparing to write records: %w", err)
	}
	read, err := cbor.DecOptions{
		MaxArrayElements: MaxBytes / 2,
		UTF8:             cbor.UTF8DecodeInvalid, // header values and queries come as their sender wrote them
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
	}.DecMode()
	if err != nil {
		return nil, fmt.Errorf("preparing to read records: %w", err)
	}
	squeeze, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)),
		zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("preparing to compress records: %w", err)
	}
	expand, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(MaxBytes), zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)))
	if err != nil {
		return nil, fmt.Errorf("preparing to read compressed records: %w", err)
	}
	return &Codec{write: write, read: read, squeeze: squeeze, expand: expand}, nil
}

// pack makes the bytes of a record. They are the caller's.
func (c *Codec) pack(what string, form any) ([]byte, error) {
	buffer := c.buffer()
	defer c.release(buffer)
	buffer.WriteByte(plain)
	if err := c.write.MarshalToBuffer(form, buffer); err != nil {
		return nil, fmt.Errorf("writing the record of %s: %w", what, err)
	}
	written := buffer.Bytes()
	if len(written) > MaxBytes {
		return nil, fault.New(fault.Limit, fault.ResultSize, "%s has %d bytes; at most %d can be kept", what, len(written), MaxBytes)
	}
	if len(written) > compressFrom {
		smaller := c.squeeze.EncodeAll(written[1:], append(make([]byte, 0, len(written)), compressed))
		if len(smaller) < len(written) {
			return smaller, nil
		}
	}
	return bytes.Clone(written), nil
}

func (c *Codec) buffer() *bytes.Buffer {
	if kept, ok := c.buffers.Get().(*bytes.Buffer); ok {
		kept.Reset()
		return kept
	}
	return bytes.NewBuffer(make([]byte, 0, 2*compressFrom))
}

func (c *Codec) release(buffer *bytes.Buffer) {
	if buffer.Cap() <= keepBuffer {
		c.buffers.Put(buffer)
	}
}

// unpack reads a record into a form.
func (c *Codec) unpack(what string, record []byte, form any) error {
	content, err := c.content(record)
	if err != nil {
		return damaged(what, err)
	}
	if err := c.read.Unmarshal(content, form); err != nil {
		return damaged(what, err)
	}
	return nil
}

// content gives the CBOR of a record.
func (c *Codec) content(record []byte) ([]byte, error) {
	if len(record) == 0 {
		return nil, fault.New(fault.Host, fault.Internal, "it is empty")
	}
	switch record[0] {
	case plain:
		return record[1:], nil
	case compressed:
		return c.expand.DecodeAll(record[1:], nil)
	default:
		return nil, fault.New(fault.Host, fault.Unsupported, "its format, %d, is of a newer version", record[0])
	}
}

func damaged(what string, err error) error {
	return fault.New(fault.Host, fault.Internal, "the record of %s cannot be read: %v", what, err)
}
