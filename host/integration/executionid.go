package integration

import (
	"fmt"
	"strings"
	"time"
)

// ExecutionID names one execution. Ids of later executions are greater. For people, and in URLs, headers and JSON, it is
// the 13 letters and digits of String. It is no secret: whoever knows one may still not read anything.
type ExecutionID int64

// The bits of an ExecutionID, from the top: one that is zero, then milliseconds, the host's slot, and a number within that millisecond.
const (
	sequenceBits = 11
	slotBits     = 10
	idLength     = 13
	idDigits     = "0123456789abcdefghjkmnpqrstvwxyz"
)

// MaxSlot is the greatest slot that NewExecutionID takes.
const MaxSlot = 1<<slotBits - 1

// idEpoch is when the milliseconds of ids begin, in Unix milliseconds: 2020-01-01. They last for 139 years.
const idEpoch = 1_577_836_800_000

// NewExecutionID makes the id of a moment, a host's slot, 0 to MaxSlot, and a number within the millisecond, 0 to MaxSequence.
func NewExecutionID(milliseconds int64, slot, sequence int) ExecutionID {
	return ExecutionID((milliseconds-idEpoch)<<(slotBits+sequenceBits) | int64(slot)<<sequenceBits | int64(sequence))
}

// MaxSequence is the greatest number within one millisecond.
const MaxSequence = 1<<sequenceBits - 1

// FirstIDAt is the least id of a moment: ids of executions that began earlier are smaller.
func FirstIDAt(at time.Time) ExecutionID {
	return max(0, NewExecutionID(at.UnixMilli(), 0, 0))
}

// Time is when the id was made, to the millisecond.
func (id ExecutionID) Time() time.Time {
	return time.UnixMilli(int64(id)>>(slotBits+sequenceBits) + idEpoch).UTC()
}

// String writes the id in base 32, so that texts sort as ids do.
func (id ExecutionID) String() string {
	var text [idLength]byte
	for i, rest := len(text)-1, uint64(id); i >= 0; i-- { //nolint:gosec // ids are not negative
		text[i] = idDigits[rest&31]
		rest >>= 5
	}
	return string(text[:])
}

// ParseExecutionID reads what String wrote.
func ParseExecutionID(text string) (ExecutionID, error) {
	if len(text) != idLength {
		return 0, fmt.Errorf("%q is no execution id: it has %d letters and digits", text, idLength)
	}
	var id uint64
	for i := range len(text) {
		digit := strings.IndexByte(idDigits, text[i])
		if digit < 0 || i == 0 && digit > 7 {
			return 0, fmt.Errorf("%q is no execution id: they have digits and lower-case letters without i, l, o and u", text)
		}
		id = id<<5 | uint64(digit)
	}
	return ExecutionID(id), nil
}

// MarshalText implements encoding.TextMarshaler.
func (id ExecutionID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ExecutionID) UnmarshalText(text []byte) error {
	read, err := ParseExecutionID(string(text))
	*id = read
	return err
}
