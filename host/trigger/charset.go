package trigger

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// decode gives raw as UTF-8 without a byte order mark; raw itself where nothing is to do. It is false for a charset that
// is not known here and for text that its charset does not have.
func decode(raw []byte, charset string) ([]byte, bool) {
	charset = strings.ToLower(charset)
	switch charset {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return bytes.TrimPrefix(raw, []byte("\ufeff")), true
	}
	known := encodingOf(charset)
	if known == nil {
		return nil, false
	}
	text, err := known.NewDecoder().Bytes(raw)
	return text, err == nil
}

func encodingOf(charset string) encoding.Encoding {
	switch charset {
	case "iso-8859-1", "latin1":
		return charmap.ISO8859_1
	case "windows-1252", "cp1252":
		return charmap.Windows1252
	case "utf-16":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}
