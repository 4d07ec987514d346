package source

import (
	"reflect"
	"regexp"
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"

	"github.com/hookstep-dev/hookstep/engines/javascript/pattern"
)

// The interpreter's native operations cannot be interrupted. Where code uses one that a few characters can make run for
// minutes or take gigabytes, a call of a guard is put around its operand. The names of guards cannot be written in
// JavaScript; the realm gives them their functions.
const (
	GuardSource   = "hookstep:source"   // (text) of eval and Function: bounds length and nesting
	GuardLength   = "hookstep:length"   // (length) of Array: bounds the length
	GuardBytes    = "hookstep:bytes"    // (length, size of an item) of a buffer: bounds the bytes
	GuardDigits   = "hookstep:digits"   // (value) of BigInt: bounds the digits
	GuardMultiply = "hookstep:multiply" // (a, b): a * b
	GuardPower    = "hookstep:power"    // (a, b): a ** b
	GuardShift    = "hookstep:shift"    // (a, b): a << b
	GuardPattern  = "hookstep:pattern"  // (...arguments of RegExp): the arguments, property escapes expanded
)

var usesBigInt = regexp.MustCompile(`\d_*n\b|BigInt`)

var itemSizes = map[string]int64{
	"ArrayBuffer": 1, "Uint8Array": 1, "Int8Array": 1, "Uint8ClampedArray": 1, "Uint16Array": 2, "Int16Array": 2,
	"Uint32Array": 4, "Int32Array": 4, "Float32Array": 4, "Float64Array": 8, "BigInt64Array": 8, "BigUint64Array": 8,
}

var guardedOperators = map[token.Token]unistring.String{
	token.MULTIPLY: GuardMultiply, token.EXPONENT: GuardPower, token.SHIFT_LEFT: GuardShift,
}

// guard puts the guards into a tree, and expands the property escapes of its regular expressions. It tells whether one of
// them can backtrack for long.
func guard(tree *ast.Program, text string) (backtracks bool, err error) {
	g := &guards{file: tree.File, bigInt: usesBigInt.MatchString(text), properties: pattern.Mentions.MatchString(text)}
	walk(reflect.ValueOf(tree.Body), g.guarded)
	return g.backtracks, g.faults.Err()
}

type guards struct {
	file       *file.File
	bigInt     bool // the text can hold a BigInt
	properties bool // the text can hold a property escape
	backtracks bool // a regular expression can backtrack for long
	faults     parser.ErrorList
}

// guarded gives what stands for an expression; nil leaves it. Arguments are guarded in place.
func (g *guards) guarded(expression ast.Expression) ast.Expression {
	switch node := expression.(type) {
	case *ast.CallExpression:
		node.ArgumentList = g.arguments(node.Callee, node.ArgumentList)
	case *ast.NewExpression:
		node.ArgumentList = g.arguments(node.Callee, node.ArgumentList)
	case *ast.BinaryExpression:
		if name := guardedOperators[node.Operator]; name != "" && g.bigInt {
			return called(name, node.Left, node.Right)
		}
	case *ast.RegExpLiteral:
		g.literal(node)
	case *ast.AssignExpression:
		left, ok := node.Left.(*ast.Identifier)
		if name := guardedOperators[node.Operator]; ok && name != "" && g.bigInt {
			node.Operator = token.ASSIGN
			node.Right = called(name, left, node.Right)
		}
	}
	return nil
}

// literal looks at a regular expression and expands its property escapes.
func (g *guards) literal(node *ast.RegExpLiteral) {
	g.backtracks = g.backtracks || pattern.Backtracks(node.Pattern, node.Flags)
	if !g.properties {
		return
	}
	expanded, err := pattern.Expand(node.Pattern, node.Flags)
	if err != nil {
		g.faults.Add(g.file.Position(int(node.Idx)-g.file.Base()), err.Error())
		return
	}
	node.Pattern = expanded
}

// arguments guards what is passed to a constructor or function of the given name, and gives the arguments to pass.
func (g *guards) arguments(callee ast.Expression, list []ast.Expression) []ast.Expression {
	name, ok := callee.(*ast.Identifier)
	if !ok || len(list) == 0 {
		return list
	}
	switch name.Name {
	case "eval", "Function":
		for i := range list {
			guardArgument(list, i, GuardSource)
		}
	case "BigInt":
		guardArgument(list, 0, GuardDigits)
	case "RegExp":
		if g.properties {
			list[0] = &ast.SpreadElement{Expression: called(GuardPattern, slices.Clone(list)...)}
			return list[:1]
		}
	case "Array":
		if len(list) == 1 {
			guardArgument(list, 0, GuardLength)
		}
	default:
		if size, ok := itemSizes[name.Name.String()]; ok {
			guardArgument(list, 0, GuardBytes, &ast.NumberLiteral{Idx: name.Idx, Value: size})
		}
	}
	return list
}

func guardArgument(list []ast.Expression, i int, name unistring.String, more ...ast.Expression) {
	if _, spread := list[i].(*ast.SpreadElement); !spread {
		list[i] = called(name, append([]ast.Expression{list[i]}, more...)...)
	}
}

// called is a call of a guard, standing where its first operand stands.
func called(name unistring.String, operands ...ast.Expression) ast.Expression {
	at := operands[0].Idx0()
	return &ast.CallExpression{
		Callee: &ast.Identifier{Name: name, Idx: at}, LeftParenthesis: at, ArgumentList: operands, RightParenthesis: at,
	}
}
