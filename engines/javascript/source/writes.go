package source

import (
	"reflect"
	"regexp"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// writers are names through which code can change an object that it was given, other than by assignment.
var writers = regexp.MustCompile(`^(push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin|set|copy|swap\d+|write\w*|` +
	`assign|define\w+|setPrototypeOf|freeze|seal|preventExtensions|call|apply|bind|Reflect|Proxy|eval|Function|constructor|__\w+__)$`)

// writingStatements are statements that write to an object without an assignment to a member.
var writingStatements = regexp.MustCompile(`\bwith\s*\(|\bfor\s*(await\s*)?\(\s*[\w$]+\s*[.\[]`)

// writes tells whether code may change an object that it was given. In doubt it says yes; code that goes out of its way to
// hide what it does can make it say no.
func writes(tree *ast.Program, text string) bool {
	found := writingStatements.MatchString(text)
	walk(reflect.ValueOf(tree.Body), func(expression ast.Expression) ast.Expression {
		found = found || isWrite(expression)
		return nil
	})
	return found
}

func isWrite(expression ast.Expression) bool {
	switch node := expression.(type) {
	case *ast.AssignExpression:
		return !isName(node.Left) && !isExport(node.Left)
	case *ast.UnaryExpression:
		steps := node.Operator == token.INCREMENT || node.Operator == token.DECREMENT
		return node.Operator == token.DELETE || steps && !isName(node.Operand)
	case *ast.DotExpression:
		return writers.MatchString(node.Identifier.Name.String())
	case *ast.BracketExpression: // a name may be written as a template
		_, hidden := node.Member.(*ast.TemplateLiteral)
		return hidden
	case *ast.StringLiteral:
		return writers.MatchString(node.Value.String())
	case *ast.Identifier:
		return writers.MatchString(node.Name.String())
	}
	return false
}

func isName(target ast.Expression) bool {
	_, ok := target.(*ast.Identifier)
	return ok
}

// isExport tells a member of exports or module, or of a member of them.
func isExport(target ast.Expression) bool {
	switch node := target.(type) {
	case *ast.DotExpression:
		return isExport(node.Left)
	case *ast.Identifier:
		return node.Name == "exports" || node.Name == "module"
	}
	return false
}
