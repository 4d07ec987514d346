// Package telemetry tells operators what the program does.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"os"
)

// NewLogger makes the program's logger. Format is text, json or auto: text where the writer is a terminal, else json.
// Level is debug, info, warn or error.
func NewLogger(writer io.Writer, format, level string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q: use debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: least}
	if format == "auto" {
		format = "json"
		if isTerminal(writer) {
			format = "text"
		}
	}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(writer, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(writer, options)), nil
	}
	return nil, fmt.Errorf("log format %q: use auto, text or json", format)
}

func isTerminal(writer io.Writer) bool {
	file, ok := writer.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
