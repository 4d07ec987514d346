package native

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// encodingTable has the conversions between text and bytes. Encodings have Buffer's names in lower case.
func encodingTable() Table {
	return Table{
		"encode":      func(a Arguments) (any, error) { return encodeText(a.String(0), a.String(1)), nil },
		"decode":      func(a Arguments) (any, error) { return decodeText(a.Bytes(0), a.String(1)), nil },
		"byteLength":  func(a Arguments) (any, error) { return float64(byteLength(a.String(0), a.String(1))), nil },
		"decodeUTF8":  func(a Arguments) (any, error) { return strictUTF8(a.Bytes(0), a.Bool(1)) },
		"compare":     func(a Arguments) (any, error) { return float64(bytes.Compare(a.Bytes(0), a.Bytes(1))), nil },
		"indexOf":     func(a Arguments) (any, error) { return float64(indexOf(a.Bytes(0), a.Bytes(1), a.Int(2))), nil },
		"lastIndexOf": func(a Arguments) (any, error) { return float64(lastIndexOf(a.Bytes(0), a.Bytes(1), a.Int(2))), nil },
	}
}

func encodeText(text, encoding string) []byte {
	switch encoding {
	case "hex":
		return decodeHex(text)
	case "base64", "base64url":
		return decodeBase64(text)
	case "latin1", "binary", "ascii":
		return encodeLatin1(text)
	case "utf16le", "ucs2", "utf-16le", "ucs-2":
		return encodeUTF16(text)
	}
	return []byte(text)
}

// decodeHex stops at the first pair that is not hexadecimal, as Node does.
func decodeHex(text string) []byte {
	out := make([]byte, len(text)/2)
	n, _ := hex.Decode(out, []byte(text[:len(out)*2]))
	return out[:n]
}

// decodeBase64 takes both alphabets and passes over everything else, as Node does.
func decodeBase64(text string) []byte {
	clean := make([]byte, 0, len(text))
loop:
	for i := range len(text) {
		switch c := text[i]; {
		case c == '-':
			clean = append(clean, '+')
		case c == '_':
			clean = append(clean, '/')
		case c == '=':
			break loop
		case c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '+' || c == '/':
			clean = append(clean, c)
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, _ := base64.RawStdEncoding.Decode(out, clean)
	return out[:n]
}

func encodeLatin1(text string) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xffff {
			high, low := utf16.EncodeRune(r)
			out = append(out, byte(high), byte(low)) //nolint:gosec // the low byte is meant
			continue
		}
		out = append(out, byte(r)) //nolint:gosec // the low byte is meant
	}
	return out
}

func encodeUTF16(text string) []byte {
	units := utf16.Encode([]rune(text))
	out := make([]byte, 0, 2*len(units))
	for _, unit := range units {
		out = append(out, byte(unit), byte(unit>>8)) //nolint:gosec // the low byte is meant
	}
	return out
}

func decodeText(raw []byte, encoding string) string {
	switch encoding {
	case "hex":
		return hex.EncodeToString(raw)
	case "base64":
		return base64.StdEncoding.EncodeToString(raw)
	case "base64url":
		return base64.RawURLEncoding.EncodeToString(raw)
	case "ascii":
		return decodeSingle(raw, 0x7f)
	case "latin1", "binary":
		return decodeSingle(raw, 0xff)
	case "utf16le", "ucs2", "utf-16le", "ucs-2":
		return decodeUTF16(raw)
	}
	return validUTF8(raw)
}

func decodeSingle(raw []byte, mask byte) string {
	var out strings.Builder
	out.Grow(len(raw))
	for _, b := range raw {
		out.WriteRune(rune(b & mask))
	}
	return out.String()
}

func decodeUTF16(raw []byte) string {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = uint16(raw[2*i]) | uint16(raw[2*i+1])<<8
	}
	return string(utf16.Decode(units))
}

// validUTF8 replaces each maximal invalid part by U+FFFD, as the encoding standard says.
func validUTF8(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	var out strings.Builder
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		if r == utf8.RuneError && size == 1 {
			size = invalidPart(raw)
		}
		out.WriteRune(r)
		raw = raw[size:]
	}
	return out.String()
}

// invalidPart is the length of the longest start of raw that could begin a character; at least one.
func invalidPart(raw []byte) int {
	lead := raw[0]
	need := 0
	low, high := byte(0x80), byte(0xbf)
	switch {
	case lead >= 0xc2 && lead <= 0xdf:
		need = 1
	case lead >= 0xe0 && lead <= 0xef:
		need = 2
		switch lead {
		case 0xe0:
			low = 0xa0
		case 0xed:
			high = 0x9f
		}
	case lead >= 0xf0 && lead <= 0xf4:
		need = 3
		switch lead {
		case 0xf0:
			low = 0x90
		case 0xf4:
			high = 0x8f
		}
	}
	size := 1
	for ; size <= need && size < len(raw) && raw[size] >= low && raw[size] <= high; size++ {
		low, high = 0x80, 0xbf
	}
	return size
}

func strictUTF8(raw []byte, fatal bool) (any, error) {
	if fatal && !utf8.Valid(raw) {
		return nil, &Error{Class: "TypeError", Code: "ERR_ENCODING_INVALID_ENCODED_DATA", Message: "The encoded data was not valid for encoding utf-8"}
	}
	return validUTF8(raw), nil
}

func byteLength(text, encoding string) int {
	switch encoding {
	case "", "utf8", "utf-8":
		return len(text)
	}
	return len(encodeText(text, encoding))
}

func indexOf(in, wanted []byte, from int) int {
	if from > len(in) {
		return -1
	}
	if at := bytes.Index(in[from:], wanted); at >= 0 {
		return at + from
	}
	return -1
}

// lastIndexOf finds the last place that begins at from or before.
func lastIndexOf(in, wanted []byte, from int) int {
	return bytes.LastIndex(in[:min(len(in), from+len(wanted))], wanted)
}
