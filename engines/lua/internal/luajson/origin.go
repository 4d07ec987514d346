package luajson

import (
	"unsafe"

	vm "github.com/yuin/gopher-lua"
)

// Bytes makes a Lua string of bytes that come from outside. When that very string leaves Lua again it is bytes; a string
// that code makes from it is text where it is valid UTF-8. Empty bytes can't be told from an empty text.
func (c *Codec) Bytes(content []byte) vm.LString {
	text := string(content)
	if text != "" {
		c.origin[unsafe.StringData(text)] = len(text) //nolint:gosec // the address is compared, never followed
	}
	return vm.LString(text)
}

// cameAsBytes tells whether text is a string that Bytes made. The map keeps those strings alive, so an address can't
// come to stand for another one.
func (c *Codec) cameAsBytes(text string) bool {
	return text != "" && len(c.origin) > 0 && c.origin[unsafe.StringData(text)] == len(text) //nolint:gosec // likewise
}
