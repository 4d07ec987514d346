package seal

import (
	"encoding/binary"
	"fmt"
)

// Place is where something sealed belongs. What was sealed for one place does not open at another, an older version of it included.
type Place struct {
	Integration string // id
	Instance    string // empty: all of the integration share it
	Name        string // of the connection
	Part        string // which of its secrets, as in "inputs"
	Version     int64
}

// placeForm begins the bytes of every place, so that they are those of nothing else.
const placeForm = "hookstep place 1\x00"

// bytes are different for different places: each text comes after its length.
func (p Place) bytes() []byte {
	made := []byte(placeForm)
	for _, text := range []string{p.Integration, p.Instance, p.Name, p.Part} {
		made = binary.BigEndian.AppendUint64(made, uint64(len(text)))
		made = append(made, text...)
	}
	return binary.BigEndian.AppendUint64(made, uint64(p.Version)) //nolint:gosec // the same bits, whatever the sign
}

// String names the place for people.
func (p Place) String() string {
	of := p.Instance
	if of == "" {
		of = "all instances"
	}
	return fmt.Sprintf("%s of %q (%s, %s), version %d", p.Part, p.Name, p.Integration, of, p.Version)
}
