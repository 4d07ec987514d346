package redact

import (
	"encoding/binary"
	"slices"
)

// window is how many bytes of a text are looked at to tell whether a secret may begin there.
const window = 6

const (
	windowMask    = 1<<(8*window) - 1
	multiplier    = 0x9E3779B97F4A7C15 // spreads neighbours; 2^64 divided by the golden ratio
	bitsPerHead   = 32                 // of the filter: so one place in 32 is looked up in vain
	smallestShift = 64 - 10
)

// pattern is one form of one secret.
type pattern struct {
	text string
	mark string // what stands in its place
	mode mode   // where it may stand
	refs int    // how many owners have it, where there are many
}

// mode is the kind of text that is looked through.
type mode uint8

const (
	plain  mode = 1 << iota // anything
	quoted                  // a JSON text, inside of its strings
	number                  // a JSON text, in the place of a number; the mark brings quotes along
)

// index finds patterns in a text, in a time that does not depend on how many there are. The zero index has none.
type index struct {
	filter []uint64 // a bit for each head, by its hash
	shift  uint
	heads  map[uint64][]*pattern // by their first bytes, longest text first
}

// head gives the first bytes of a text that has as many.
func head(text []byte) uint64 {
	if len(text) >= 8 {
		return binary.LittleEndian.Uint64(text) & windowMask
	}
	return uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint16(text[4:window]))<<32
}

// add takes a pattern in. One of the same text and mode is there only once.
func (x *index) add(one *pattern) {
	if len(x.heads)*bitsPerHead >= len(x.filter)*64 {
		x.grow()
	}
	key := head([]byte(one.text))
	x.set(key)
	at, found := slices.BinarySearchFunc(x.heads[key], one, compare)
	if found {
		x.heads[key][at].refs++
		return
	}
	kept := *one
	kept.refs = 1
	x.heads[key] = slices.Insert(x.heads[key], at, &kept)
}

// remove takes out what add took in.
func (x *index) remove(one *pattern) {
	key := head([]byte(one.text))
	at, found := slices.BinarySearchFunc(x.heads[key], one, compare)
	if !found {
		return
	}
	kept := x.heads[key][at]
	if kept.refs--; kept.refs > 0 {
		return
	}
	if x.heads[key] = slices.Delete(x.heads[key], at, at+1); len(x.heads[key]) == 0 {
		delete(x.heads, key)
	}
}

// compare puts longer texts first.
func compare(a, b *pattern) int {
	switch {
	case len(a.text) != len(b.text):
		return len(b.text) - len(a.text)
	case a.text != b.text:
		if a.text < b.text {
			return -1
		}
		return 1
	}
	return int(a.mode) - int(b.mode)
}

// grow makes the filter twice as large.
func (x *index) grow() {
	if x.heads == nil {
		x.heads = map[uint64][]*pattern{}
		x.shift = smallestShift + 1
	}
	x.shift--
	x.filter = make([]uint64, 1<<(64-x.shift)/64)
	for key := range x.heads {
		x.set(key)
	}
}

func (x *index) set(key uint64) {
	bit := key * multiplier >> x.shift
	x.filter[bit/64] |= 1 << (bit % 64)
}

// next gives the first place from a position on at which a pattern of one of the modes stands that suits takes, the longest of them.
func (x *index) next(text []byte, from int, in mode, suits func(at int, one *pattern) bool) (at int, found *pattern) {
	if len(x.heads) == 0 {
		return -1, nil
	}
	if from+window > len(text) {
		return -1, nil
	}
	filter, shift := x.filter, x.shift
	key := head(text[from:])
	for at = from; ; at++ {
		if bit := key * multiplier >> shift; filter[bit/64]&(1<<(bit%64)) != 0 {
			for _, one := range x.heads[key] {
				if one.mode&in != 0 && begins(text[at:], one.text) && suits(at, one) {
					return at, one
				}
			}
		}
		if at+window >= len(text) {
			return -1, nil
		}
		key = key>>8 | uint64(text[at+window])<<(8*(window-1))
	}
}

func begins(text []byte, with string) bool {
	return len(text) >= len(with) && string(text[:len(with)]) == with
}
