package redact

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
)

// Handler hides the secrets of a registry in the messages and attributes of log records before another handler gets them.
type Handler struct {
	to       slog.Handler
	registry *Registry
}

// NewHandler makes one.
func NewHandler(to slog.Handler, registry *Registry) *Handler { return &Handler{to, registry} }

// Enabled implements slog.Handler.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.to.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h *Handler) Handle(ctx context.Context, record slog.Record) error {
	if h.registry.known.Load() == 0 {
		return h.to.Handle(ctx, record)
	}
	hidden := slog.NewRecord(record.Time, record.Level, h.registry.Text(record.Message), record.PC)
	record.Attrs(func(attr slog.Attr) bool {
		hidden.AddAttrs(h.attr(attr))
		return true
	})
	return h.to.Handle(ctx, hidden)
}

// WithAttrs implements slog.Handler. A secret that is learned later is not hidden in these attributes: they are for names.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	hidden := make([]slog.Attr, len(attrs))
	for i, attr := range attrs {
		hidden[i] = h.attr(attr)
	}
	return &Handler{h.to.WithAttrs(hidden), h.registry}
}

// WithGroup implements slog.Handler.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{h.to.WithGroup(name), h.registry}
}

func (h *Handler) attr(attr slog.Attr) slog.Attr {
	return slog.Attr{Key: h.registry.Text(attr.Key), Value: h.value(attr.Value)}
}

func (h *Handler) value(value slog.Value) slog.Value {
	value = value.Resolve()
	switch value.Kind() {
	case slog.KindString:
		return slog.StringValue(h.registry.Text(value.String()))
	case slog.KindGroup:
		members := value.Group()
		hidden := make([]slog.Attr, len(members))
		for i, member := range members {
			hidden[i] = h.attr(member)
		}
		return slog.GroupValue(hidden...)
	case slog.KindAny:
		return h.any(value)
	default:
		return value
	}
}

// any gives a value as it is unless a handler would write a secret of it. Handlers write it as fmt prints it or as JSON.
func (h *Handler) any(value slog.Value) slog.Value {
	printed := fmt.Sprintf("%+v", value.Any())
	if hidden := h.registry.Text(printed); hidden != printed {
		return slog.StringValue(hidden)
	}
	if _, isError := value.Any().(error); isError {
		return value
	}
	written, err := json.Marshal(value.Any())
	if err != nil {
		return value
	}
	if hidden := h.registry.Text(string(written)); hidden != string(written) {
		return slog.StringValue(hidden)
	}
	return value
}
