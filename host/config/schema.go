package config

import "github.com/hookstep-dev/hookstep/host/integration/document"

// Schema gives the JSON Schema (2020-12) of hookstep.yaml, for editors.
func Schema() map[string]any {
	return document.Schema(Shape(), "https://hookstep.dev/schemas/hookstep.schema.json", "Hookstep: hookstep.yaml")
}
