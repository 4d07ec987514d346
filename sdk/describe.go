package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/hookstep-dev/hookstep/sdk/internal/handshake"
)

// introduction is what "describe" prints.
type introduction struct {
	Name     string              `json:"name"`
	Version  string              `json:"version"`
	Protocol int                 `json:"protocol"`
	Minor    int                 `json:"minor"`
	Engine   *engineIntroduction `json:"engine,omitempty"`

	Connections []typeIntroduction `json:"connections,omitempty"`
}

type engineIntroduction struct {
	Name         string   `json:"name"`
	Version      string   `json:"version"`
	Language     string   `json:"language"`
	Extensions   []string `json:"extensions"`
	Capabilities []string `json:"capabilities"`
	Limits       []string `json:"limits"`
}

func (p Plugin) describe(ctx context.Context, stdout, stderr io.Writer) int {
	about, err := p.introduce(ctx)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", p.Name, err)
		return exitServing
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(about); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", p.Name, err)
		return exitServing
	}
	return exitOK
}

func (p Plugin) introduce(ctx context.Context) (introduction, error) {
	about := introduction{Name: p.Name, Version: p.Version, Protocol: handshake.Major, Minor: handshake.Minor}
	if p.Engine != nil {
		d, err := p.Engine.Describe(ctx)
		if err != nil {
			return about, fmt.Errorf("describing the engine: %w", err)
		}
		about.Engine = &engineIntroduction{
			Name: d.Name, Version: d.Version, Language: d.Language,
			Extensions: list(d.Extensions), Capabilities: list(d.Capabilities), Limits: list(d.Limits),
		}
	}
	if p.Provider != nil {
		d, err := p.Provider.Describe(ctx)
		if err != nil {
			return about, fmt.Errorf("describing the connection provider: %w", err)
		}
		about.Connections = introduceTypes(d.Types)
	}
	return about, nil
}

// list makes none an empty list.
func list(names []string) []string { return append([]string{}, names...) }

func (p Plugin) help(args []string, stderr io.Writer) int {
	program := p.Name
	if len(args) > 0 {
		program = filepath.Base(args[0])
	}
	fmt.Fprintf(stderr, `%s is the Hookstep plugin %q, version %s.
It is started by a Hookstep host and does nothing by itself.

  hookstep plugins test %s    run the conformance suite against it
  %s describe                 print what it offers, as JSON
`, program, p.Name, p.Version, program, program)
	return exitByHand
}
