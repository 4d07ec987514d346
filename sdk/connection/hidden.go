package connection

import (
	"fmt"
	"io"
	"log/slog"
)

// What may hold secrets shows itself neither in a text that fmt makes, whatever its verb, nor in a log.

const hidden = "(hidden)"

// Format implements fmt.Formatter. It tells how many values there are.
func (v Values) Format(to fmt.State, _ rune) { fmt.Fprintf(to, "(%d values, hidden)", len(v)) }

// LogValue implements slog.LogValuer.
func (v Values) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(v)) }

// LogValue implements slog.LogValuer. It tells the type.
func (s Settings) LogValue() slog.Value { return slog.StringValue(s.Type + " " + hidden) }

// LogValue implements slog.LogValuer.
func (b Begin) LogValue() slog.Value { return b.Settings.LogValue() }

// Format implements fmt.Formatter. It tells whether there is a token.
func (t Token) Format(to fmt.State, _ rune) {
	text := "(a token, hidden)"
	if t.IsZero() {
		text = "(no token)"
	}
	_, _ = io.WriteString(to, text) // a fmt.State takes everything
}

// LogValue implements slog.LogValuer.
func (t Token) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(t)) }

// Format implements fmt.Formatter.
func (Exchange) Format(to fmt.State, _ rune) { _, _ = io.WriteString(to, hidden) }

// LogValue implements slog.LogValuer.
func (Exchange) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format implements fmt.Formatter.
func (Additions) Format(to fmt.State, _ rune) { _, _ = io.WriteString(to, hidden) }

// LogValue implements slog.LogValuer.
func (Additions) LogValue() slog.Value { return slog.StringValue(hidden) }
