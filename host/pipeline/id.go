package pipeline

import (
	"encoding/binary"
	"io"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// IDs gives a source of execution ids: 26 letters and digits for 128 bits, 48 of them the time in milliseconds, so that
// ids sort by age, and 80 from random, so that none can be guessed. Random is read from several goroutines at once; when
// it fails, which crypto/rand's reader never does, the id is of the time alone.
func IDs(random io.Reader) func(at time.Time) integration.ExecutionID {
	return func(at time.Time) integration.ExecutionID {
		var bits [16]byte
		_, _ = io.ReadFull(random, bits[6:])
		high := uint64(at.UnixMilli())<<16 | uint64(binary.BigEndian.Uint16(bits[6:8]))
		return integration.ExecutionID(encode(high, binary.BigEndian.Uint64(bits[8:])))
	}
}

// encode writes 128 bits in base 32, most significant first.
func encode(high, low uint64) string {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	var text [26]byte
	for i := len(text) - 1; i >= 0; i-- {
		text[i] = digits[low&31]
		low = low>>5 | high<<59
		high >>= 5
	}
	return string(text[:])
}
