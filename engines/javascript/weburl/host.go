package weburl

import (
	"math"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

const (
	forbiddenHost   = "\x00\t\n\r #/:<>?@[\\]^|"
	forbiddenDomain = forbiddenHost + "%\x7f"
)

// toASCII is the standard's domain to ASCII, not strict.
var toASCII = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.BidiRule(), idna.VerifyDNSLength(false))

func parseHost(text string, special bool) (string, error) {
	if strings.HasPrefix(text, "[") {
		return parseIPv6(text)
	}
	if !special {
		if strings.ContainsAny(text, forbiddenHost) {
			return "", ErrInvalid
		}
		return encode(text, inC0), nil
	}
	domain := strings.ToLower(strings.ToValidUTF8(Decode(text), "\uFFFD"))
	if !isASCII(domain) || strings.Contains(domain, "xn--") {
		ascii, err := toASCII.ToASCII(domain)
		if err != nil {
			return "", ErrInvalid
		}
		domain = ascii
	}
	if domain == "" || strings.ContainsAny(domain, forbiddenDomain) || strings.ContainsFunc(domain, func(r rune) bool { return r < ' ' }) {
		return "", ErrInvalid
	}
	if endsInNumber(domain) {
		return parseIPv4(domain)
	}
	return domain, nil
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

func parseIPv6(text string) (string, error) {
	inner, ok := strings.CutSuffix(text[1:], "]")
	address, err := netip.ParseAddr(inner)
	if !ok || err != nil || !address.Is6() || address.Zone() != "" {
		return "", ErrInvalid
	}
	if address.Is4In6() {
		raw := address.As16()
		return "[::ffff:" + strconv.FormatUint(uint64(raw[12])<<8|uint64(raw[13]), 16) + ":" +
			strconv.FormatUint(uint64(raw[14])<<8|uint64(raw[15]), 16) + "]", nil
	}
	return "[" + address.String() + "]", nil
}

func endsInNumber(domain string) bool {
	parts := strings.Split(strings.TrimSuffix(domain, "."), ".")
	last := parts[len(parts)-1]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, err := ipv4Number(last)
	return err == nil
}

// ipv4Number reads a decimal, octal (0…) or hexadecimal (0x…) number.
func ipv4Number(text string) (uint64, error) {
	base := 10
	switch {
	case strings.HasPrefix(text, "0x"):
		text, base = text[2:], 16
	case len(text) > 1 && text[0] == '0':
		text, base = text[1:], 8
	}
	if text == "" {
		if base == 16 {
			return 0, nil
		}
		return 0, ErrInvalid
	}
	return strconv.ParseUint(text, base, 64)
}

func parseIPv4(domain string) (string, error) {
	parts := strings.Split(strings.TrimSuffix(domain, "."), ".")
	if len(parts) > 4 {
		return "", ErrInvalid
	}
	var address uint64
	for i, part := range parts {
		number, err := ipv4Number(part)
		if err != nil {
			return "", ErrInvalid
		}
		if i == len(parts)-1 {
			if number > math.MaxUint32>>(8*i) {
				return "", ErrInvalid
			}
			address += number
			break
		}
		if number > 255 {
			return "", ErrInvalid
		}
		address += number << (24 - 8*i)
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}).String(), nil
}
