package sqlite

import (
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/record"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// The kinds of parts, as they stand in the table. Steps have their positions as numbers, pieces of the log count from 1.
const (
	partInput = int(record.KindInput)
	partStep  = int(record.KindStep)
	partLog   = int(record.KindLines)
	partFault = int(record.KindFault)
)

const (
	insertPart  = "INSERT INTO parts (execution, kind, number, record) VALUES (?, ?, ?, ?)"
	selectParts = "SELECT kind, number, record FROM parts WHERE execution = ? AND kind <= 1 ORDER BY kind, number"
	lastLog     = "SELECT number FROM parts WHERE execution = ? AND kind = 2 ORDER BY number DESC LIMIT 1"
	appendLog   = "INSERT INTO parts (execution, kind, number, record) SELECT ?1, 2, ifnull(max(number), 0) + 1, ?2 FROM parts WHERE execution = ?1 AND kind = 2"
	sizeFrom    = "SELECT total(length(record)) FROM parts WHERE execution = ? AND kind = ? AND number >= ?"
	deleteFrom  = "DELETE FROM parts WHERE execution = ? AND kind = ? AND number >= ?"
)

// put keeps a part that is not there yet; no record is no part.
func (t *tx) put(id int64, kind, number int, record []byte) error {
	if record == nil {
		return nil
	}
	t.bytes += int64(len(record))
	_, err := t.exec(insertPart, id, kind, number, record)
	return err
}

// appendLog keeps the next piece of a log.
func (t *tx) appendLog(id int64, record []byte) error {
	if record == nil {
		return nil
	}
	t.bytes += int64(len(record))
	_, err := t.exec(appendLog, id, record)
	return err
}

// drop deletes the parts of a kind from a number on.
func (t *tx) drop(id int64, kind, from int) error {
	size, err := t.one(sizeFrom, id, kind, from)
	if err != nil {
		return err
	}
	bytes, _ := size[0].(float64)
	t.bytes -= int64(bytes)
	_, err = t.exec(deleteFrom, id, kind, from)
	return err
}

// packed has the parts of an execution as records, made before the writer has its turn.
type packed struct {
	input  []byte
	steps  []packedStep
	logs   []byte
	fault  []byte // whole
	brief  []byte // as the narrow row has it
	answer []byte
}

type packedStep struct {
	position int
	record   []byte
}

// packer makes records until one fails.
type packer struct {
	codec *record.Codec
	err   error
}

func (p *packer) input(from *store.Input) []byte {
	return pack(p, p.codec.EncodeInput, from)
}

func (p *packer) steps(from []store.Step) []packedStep {
	made := make([]packedStep, len(from))
	for i := range from {
		made[i] = packedStep{from[i].Position, pack(p, p.codec.EncodeStep, &from[i])}
	}
	return made
}

func (p *packer) logs(from []hostapi.Line) []byte { return pack(p, p.codec.EncodeLines, from) }

// faults packs a fault whole and brief. Where the two are the same, the brief one is enough.
func (p *packer) faults(from *fault.Fault) (whole, brief []byte) {
	if from == nil {
		return nil, nil
	}
	if len(from.Stack) > 0 || from.Cause != nil {
		whole = pack(p, p.codec.EncodeFault, from)
	}
	return whole, pack(p, p.codec.EncodeFault, record.Brief(from))
}

func pack[T any](p *packer, encode func(T) ([]byte, error), from T) []byte {
	if p.err != nil {
		return nil
	}
	made, err := encode(from)
	p.err = err
	return made
}

func (p *packed) size() int {
	size := len(p.input) + len(p.logs) + len(p.fault) + len(p.brief) + len(p.answer)
	for _, one := range p.steps {
		size += len(one.record)
	}
	return size
}

// putAll keeps all parts of an execution that has none yet.
func (t *tx) putAll(id int64, parts *packed) error {
	if err := t.put(id, partInput, 0, parts.input); err != nil {
		return err
	}
	for _, one := range parts.steps {
		if err := t.put(id, partStep, one.position, one.record); err != nil {
			return err
		}
	}
	if err := t.put(id, partLog, 1, parts.logs); err != nil {
		return err
	}
	return t.put(id, partFault, 0, parts.fault)
}

// putFault keeps the whole fault of an execution in place of an earlier one.
func (t *tx) putFault(id int64, whole []byte) error {
	if err := t.drop(id, partFault, 0); err != nil {
		return err
	}
	return t.put(id, partFault, 0, whole)
}
