package lua

import (
	"bytes"
	"fmt"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// The parser and the compiler recurse with the nesting of the source, so that is bounded before they see it.
const (
	maxNesting = 200  // brackets and blocks inside each other
	maxChain   = 2000 // operators in one expression, or branches of one if
)

// outline is what a look at the tokens of a file shows.
type outline struct {
	requires []mention
}

// mention is a require of a fixed name.
type mention struct {
	name string
	at   ast.Position
}

// tooDeep says that a source nests too much.
type tooDeep struct {
	at   ast.Position
	what string
}

func (e *tooDeep) Error() string { return e.what }

// scanner follows the tokens of one file.
type scanner struct {
	levels []level
	prev   ast.Token
	before ast.Token // the one before prev
	out    outline
}

// level is a bracket or block that is open.
type level struct {
	chain int // operators since the expression began
}

// scan reads the tokens of a source. The error is a *parse.Error or *tooDeep.
func scan(content []byte, path string) (outline, error) {
	source := parse.NewScanner(bytes.NewReader(content), path)
	lexer := &parse.Lexer{}
	s := scanner{levels: []level{{}}}
	for {
		token, err := source.Scan(lexer)
		if err != nil {
			return outline{}, err
		}
		if token.Type < 0 {
			return s.out, nil
		}
		lexer.PrevTokenType = token.Type
		if err := s.take(token); err != nil {
			return outline{}, err
		}
		s.before, s.prev = s.prev, token
	}
}

func (s *scanner) take(token ast.Token) error {
	s.mention(token)
	top := &s.levels[len(s.levels)-1]
	switch token.Type {
	case '(', '[', '{', parse.TFunction, parse.TDo, parse.TIf, parse.TRepeat:
		if token.Type >= parse.TAnd && endsOperand(s.prev) {
			top.chain = 0 // a keyword here begins a statement
		}
		top.chain++
		s.levels = append(s.levels, level{})
		if len(s.levels) > maxNesting {
			return &tooDeep{token.Pos, fmt.Sprintf("code nests deeper than %d levels", maxNesting)}
		}
	case ')', ']', '}', parse.TEnd, parse.TUntil:
		if len(s.levels) > 1 {
			s.levels = s.levels[:len(s.levels)-1]
		}
	case ',', ';', '=', parse.TLocal, parse.TReturn, parse.TThen, parse.TWhile, parse.TFor:
		top.chain = 0
	case parse.TElseIf:
		return s.branch(token)
	default:
		s.operand(top, token)
	}
	return s.long(token)
}

// operand counts operators and starts anew where one expression follows another without a separator.
func (s *scanner) operand(top *level, token ast.Token) {
	if !startsOperand(token) {
		top.chain++
	} else if endsOperand(s.prev) {
		top.chain = 0
	}
}

// branch counts an elseif as a level of its own kind: the branches of an if nest in each other.
func (s *scanner) branch(token ast.Token) error {
	if len(s.levels) > 1 {
		s.levels[len(s.levels)-2].chain++
	}
	s.levels[len(s.levels)-1].chain = 0
	return s.long(token)
}

func (s *scanner) long(token ast.Token) error {
	for _, open := range s.levels[max(0, len(s.levels)-2):] {
		if open.chain > maxChain {
			return &tooDeep{token.Pos, fmt.Sprintf("an expression has more than %d parts", maxChain)}
		}
	}
	return nil
}

func startsOperand(token ast.Token) bool {
	switch token.Type {
	case parse.TIdent, parse.TString, parse.TNumber, parse.TNil, parse.TTrue, parse.TFalse:
		return true
	}
	return false
}

func endsOperand(token ast.Token) bool {
	switch token.Type {
	case ')', ']', '}', parse.TEnd:
		return true
	}
	return startsOperand(token)
}

// mention notes require "name" and require("name").
func (s *scanner) mention(token ast.Token) {
	if token.Type != parse.TString {
		return
	}
	word := s.prev
	if word.Type == '(' {
		word = s.before
	}
	if word.Type == parse.TIdent && word.Str == "require" {
		s.out.requires = append(s.out.requires, mention{name: token.Str, at: word.Pos})
	}
}
