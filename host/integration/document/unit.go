package document

import (
	"math"
	"regexp"
	"strconv"
	"time"
)

const (
	durationPattern = `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	sizePattern     = `^[0-9]+(\.[0-9]+)? ?(B|KB|MB|GB|KiB|MiB|GiB)?$`
)

var (
	durationText = regexp.MustCompile(durationPattern)
	sizeText     = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?(B|KB|MB|GB|KiB|MiB|GiB)?$`)
)

// ParseDuration reads a duration such as "500ms", "2s" or "1h30m". It is never negative.
func ParseDuration(text string) (time.Duration, bool) {
	if !durationText.MatchString(text) {
		return 0, false
	}
	length, err := time.ParseDuration(text)
	return length, err == nil
}

// ParseSize reads a size in bytes. KB, MB and GB are powers of 1024 too, as memory limits mean them.
func ParseSize(text string) (int64, bool) {
	parts := sizeText.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	count, err := strconv.ParseFloat(parts[1], 64)
	size := count * unit(parts[2])
	if err != nil || size >= math.MaxInt64 {
		return 0, false
	}
	return int64(size), true
}

func unit(name string) float64 {
	switch name {
	case "KB", "KiB":
		return 1 << 10
	case "MB", "MiB":
		return 1 << 20
	case "GB", "GiB":
		return 1 << 30
	}
	return 1
}

// Duration reads the value that a DurationForm allowed; 0 without one. It may be called on nil.
func (n *Node) Duration() time.Duration {
	length, _ := ParseDuration(n.String())
	return length
}

// Size reads the value that a SizeForm allowed; 0 without one. It may be called on nil.
func (n *Node) Size() int64 {
	if n == nil {
		return 0
	}
	size, _ := ParseSize(n.Text)
	return size
}

// Int reads the value that an IntegerForm allowed; 0 without one. It may be called on nil.
func (n *Node) Int() int64 {
	if !n.Is(Number) {
		return 0
	}
	whole, _ := Integer(n.Text)
	return whole
}
