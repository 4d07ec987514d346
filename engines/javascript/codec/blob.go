package codec

import (
	"strings"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/sdk/value"
)

// DecodeValue builds a value with its bytes; buffer makes the Buffer that stands for a byte string.
func DecodeValue(runtime *goja.Runtime, v value.Value, buffer func([]byte) goja.Value) (goja.Value, error) {
	switch {
	case v.IsZero():
		return goja.Undefined(), nil
	case v.IsRaw():
		return buffer(v.Raw), nil
	}
	made, err := Decode(runtime, v.JSON)
	if err != nil {
		return nil, err
	}
	for _, blob := range v.Blobs {
		if blob.Pointer == "" {
			return buffer(blob.Bytes), nil
		}
		place(made, strings.Split(blob.Pointer[1:], "/"), buffer(blob.Bytes))
	}
	return made, nil
}

// place puts item where the pointer's tokens lead to. A pointer that leads nowhere is passed over.
func place(root goja.Value, tokens []string, item goja.Value) {
	for i, token := range tokens {
		object, ok := root.(*goja.Object)
		if !ok {
			return
		}
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		if i == len(tokens)-1 {
			_ = object.DefineDataProperty(token, item, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
			return
		}
		root = object.Get(token)
	}
}
