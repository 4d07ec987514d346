package source

import (
	"reflect"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
)

var (
	typeExpression = reflect.TypeFor[ast.Expression]()
	typeFile       = reflect.TypeFor[*file.File]()
)

// walk visits every expression below value, innermost first. What visit returns takes the expression's place; nil
// leaves it.
func walk(value reflect.Value, visit func(ast.Expression) ast.Expression) {
	switch value.Kind() {
	case reflect.Interface:
		walk(value.Elem(), visit)
		if value.Type() != typeExpression || value.IsNil() {
			return
		}
		if expression, ok := reflect.TypeAssert[ast.Expression](value); ok {
			if other := visit(expression); other != nil {
				value.Set(reflect.ValueOf(other))
			}
		}
	case reflect.Slice:
		for i := range value.Len() {
			walk(value.Index(i), visit)
		}
	case reflect.Pointer:
		if !value.IsNil() && value.Type() != typeFile {
			walk(value.Elem(), visit)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			// declaration lists repeat nodes that stand in the body already
			if value.Type().Field(i).Name != "DeclarationList" {
				walk(value.Field(i), visit)
			}
		}
	}
}
