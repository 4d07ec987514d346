package integration

import "github.com/hookstep-dev/hookstep/host/integration/document"

const schemaBase = "https://hookstep.dev/schemas/"

// FileSchema gives the JSON Schema (2020-12) of integration.yaml, for editors.
func FileSchema() map[string]any {
	return document.Schema(FileShape(), schemaBase+"integration.schema.json", "Hookstep: integration.yaml")
}

// InstanceSchema gives the JSON Schema (2020-12) of the files in instances/, for editors.
func InstanceSchema() map[string]any {
	return document.Schema(InstanceShape(), schemaBase+"instance.schema.json", "Hookstep: instances/*.yaml")
}
