package document

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Schema gives the shape as a JSON Schema (2020-12), ready for json.Marshal.
func Schema(shape *Shape, id, title string) map[string]any {
	schema := shape.schema()
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["$id"] = id
	schema["title"] = title
	return schema
}

func (s *Shape) schema() map[string]any {
	schema := map[string]any{}
	if s.Doc != "" {
		schema["description"] = s.Doc
	}
	switch s.Form {
	case AnyForm: // the empty schema
	case FlagForm:
		schema["type"] = "boolean"
	case IntegerForm:
		s.integerSchema(schema)
	case TextForm:
		s.textSchema(schema)
	case DurationForm:
		schema["type"], schema["pattern"] = "string", durationPattern
	case SizeForm:
		schema["type"], schema["pattern"], schema["minimum"] = []string{"string", "integer"}, sizePattern, 0
	case ListForm:
		schema["type"], schema["items"] = "array", s.Each.schema()
	case EachForm:
		schema["type"], schema["additionalProperties"] = "object", s.Each.schema()
	case KeysForm:
		s.keysSchema(schema)
	case OneOfForm:
		s.oneOfSchema(schema)
	}
	return schema
}

func (s *Shape) integerSchema(schema map[string]any) {
	schema["type"], schema["minimum"] = "integer", s.Min
	if s.Max > 0 {
		schema["maximum"] = s.Max
	}
}

func (s *Shape) textSchema(schema map[string]any) {
	schema["type"] = "string"
	switch {
	case s.Words != nil:
		schema["enum"] = slices.Clone(s.Words)
	case !s.Empty:
		schema["minLength"] = 1
	}
}

func (s *Shape) keysSchema(schema map[string]any) {
	properties, required := map[string]any{}, []string{}
	for _, key := range s.Keys {
		property := key.Shape.schema()
		if key.Doc != "" {
			property["description"] = key.Doc
		}
		properties[key.Name] = property
		if key.Required {
			required = append(required, key.Name)
		}
	}
	schema["type"], schema["properties"], schema["additionalProperties"] = "object", properties, false
	if len(required) > 0 {
		schema["required"] = required
	}
}

func (s *Shape) oneOfSchema(schema map[string]any) {
	ways := make([]any, len(s.OneOf))
	for i, way := range s.OneOf {
		ways[i] = way.schema()
	}
	schema["anyOf"] = ways
}

// SchemaText writes a schema as it stands in a file.
func SchemaText(schema map[string]any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(schema)
	return text.Bytes(), err
}
