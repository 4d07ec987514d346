package reference

import "slices"

func findJavaScript(source []byte) []Reference {
	program := scanJavaScript(source)
	function, ok := exported(program)
	if !ok {
		return nil
	}
	second, ok := secondParameter(program, function)
	if !ok {
		return nil
	}
	if program.at(second).is("{") {
		return settle(destructured(program, second))
	}
	name := program.at(second)
	if name.kind != word || hidden(program, name.text, program.closing(function)) {
		return nil
	}
	return settle(uses(program, name.text, program.closing(function)))
}

// scanJavaScript cuts a program into tokens. The expressions in a template become tokens too, between "${" and "}".
func scanJavaScript(source []byte) *tokens {
	s := newScanner(source)
	if s.sees("#!") {
		s.skipLine()
	}
	var templates []int // for each template that is open, the depth of braces inside its expression
	for !s.done() {
		templates = s.scanJavaScript(templates)
	}
	return match(s.out)
}

func (s *scanner) scanJavaScript(templates []int) []int {
	r, last := s.peek(0), len(templates)-1
	switch {
	case s.sees("//"):
		s.skipLine()
	case s.sees("/*"):
		s.skip(2)
		s.skipPast("*/")
	case isWord(r):
		s.scanWord()
	case r == '"' || r == '\'':
		s.scanString()
	case r == '`':
		return s.scanTemplate(templates)
	case r == '/' && s.regexFits():
		s.scanRegex()
	case r == '}' && last >= 0 && templates[last] == 0:
		s.scanSign()
		return s.scanTemplateRest(s.here(literal), templates[:last])
	case r == '{' || r == '}':
		if last >= 0 {
			templates[last] += map[rune]int{'{': 1, '}': -1}[r]
		}
		s.scanSign()
	case r <= ' ' || r == '\u00a0' || r == '\ufeff':
		s.skip(1)
	default:
		s.scanSign("?.", "=>", "===", "!==", "==", "!=", "...", "??=", "||=", "&&=", "??", "||", "&&", "<=", ">=", "++", "--", "+=", "-=")
	}
	return templates
}

func (s *scanner) scanTemplate(templates []int) []int {
	t := s.here(literal)
	s.skip(1)
	return s.scanTemplateRest(t, templates)
}

// scanTemplateRest reads a template up to its end or its next expression. A template without expressions is a literal.
func (s *scanner) scanTemplateRest(t token, templates []int) []int {
	from := s.at
	for !s.done() && s.peek(0) != '`' && !s.sees("${") {
		if s.peek(0) == '\\' {
			s.skip(1)
		}
		s.skip(1)
	}
	s.emit(t, from)
	if s.sees("${") {
		s.scanSign("${")
		return append(templates, 0)
	}
	s.skip(1)
	return templates
}

// regexFits tells whether a slash begins a regular expression: it does where a value may begin.
func (s *scanner) regexFits() bool {
	if len(s.out) == 0 {
		return true
	}
	before := s.out[len(s.out)-1]
	switch before.kind {
	case literal, number, pattern:
		return false
	case end, sign:
		return !slices.Contains([]string{")", "]", "}", "++", "--"}, before.text)
	case word:
		return slices.Contains([]string{"return", "typeof", "case", "in", "of", "do", "else", "void", "delete", "throw", "new", "await", "yield"}, before.text)
	}
	return false
}

func (s *scanner) scanRegex() {
	t, from := s.here(pattern), s.at
	s.skip(1)
	for class := false; !s.done() && s.peek(0) != '\n' && (class || s.peek(0) != '/'); s.skip(1) {
		switch s.peek(0) {
		case '\\':
			s.skip(1)
		case '[':
			class = true
		case ']':
			class = false
		}
	}
	s.skip(1)
	for isWord(s.peek(0)) {
		s.skip(1)
	}
	s.emit(t, from)
}

// exported finds the parameter list of the function that the file exports: its opening parenthesis.
func exported(program *tokens) (int, bool) {
	for i := range program.list {
		switch {
		case program.at(i).is("module") && program.at(i+1).is(".") && program.at(i+2).is("exports") && program.at(i+3).is("="):
			return function(program, i+4)
		case program.at(i).is("export") && program.at(i+1).is("default"):
			return function(program, i+2)
		}
	}
	return 0, false
}

// function finds the parameter list of the function expression at i, or of the function that a name there stands for.
func function(program *tokens, i int) (int, bool) {
	if program.at(i).is("async") {
		i++
	}
	switch next := program.at(i); {
	case next.is("function"):
		return declaration(program, i)
	case next.is("("):
		return i, program.at(program.closing(i) + 1).is("=>")
	case next.kind == word && !program.at(i+1).is("=>") && !program.at(i+1).is("(") && !program.at(i+1).is("."):
		return named(program, next.text)
	}
	return 0, false
}

// declaration finds the parameter list behind the word function.
func declaration(program *tokens, i int) (int, bool) {
	for i++; program.at(i).is("*") || program.at(i).kind == word; i++ {
	}
	return i, program.at(i).is("(")
}

func named(program *tokens, name string) (int, bool) {
	for i := range program.list {
		if !program.at(i).is(name) {
			continue
		}
		switch before := program.at(i - 1); {
		case before.is("function"):
			return declaration(program, i-1)
		case (before.is("const") || before.is("let") || before.is("var")) && program.at(i+1).is("=") && !program.at(i+2).is(name):
			return function(program, i+2)
		}
	}
	return 0, false
}

// secondParameter gives the first token of the second parameter.
func secondParameter(program *tokens, list int) (int, bool) {
	last := program.closing(list)
	for i := list + 1; i < last; i++ {
		switch {
		case program.at(i).is("(") || program.at(i).is("[") || program.at(i).is("{"):
			i = program.closing(i)
		case program.at(i).is(","):
			return i + 1, i+1 < last
		}
	}
	return 0, false
}

// destructured reads the keys of the pattern whose brace is at open.
func destructured(program *tokens, open int) []Reference {
	var found []Reference
	last := program.closing(open)
	for i := open + 1; i < last; i++ {
		key := program.at(i)
		next := nextMember(program, i, last)
		if key.kind == word || key.kind == literal {
			found = append(found, Reference{Key: key.text, Line: key.line, Column: key.column, Needed: neededMember(program, i, next)})
		}
		i = next
	}
	return found
}

// neededMember tells whether the member from i to next fails when its key is missing: it has no default, and is a pattern
// itself, or is named further down only to read a property of it.
func neededMember(program *tokens, i, next int) bool {
	local := program.at(i)
	if program.at(i + 1).is(":") {
		local = program.at(i + 2)
	}
	switch {
	case hasDefault(program, i, next):
		return false
	case local.kind == sign:
		return true
	}
	needed := false
	for at := next; at < len(program.list); at++ {
		if !program.at(at).is(local.text) || program.at(at-1).is(".") || program.at(at-1).is("?.") {
			continue
		}
		if !read(program.at(at + 1)) {
			return false
		}
		needed = true
	}
	return needed
}

// read tells whether the sign behind a value reads a property of it, or calls it.
func read(after token) bool { return after.is(".") || after.is("[") || after.is("(") }

// nextMember gives the place of the comma that ends the member at i, or of the pattern's end.
func nextMember(program *tokens, i, last int) int {
	for ; i < last && !program.at(i).is(","); i++ {
		if program.at(i).is("{") || program.at(i).is("[") || program.at(i).is("(") {
			i = program.closing(i)
		}
	}
	return i
}

func hasDefault(program *tokens, i, next int) bool {
	for ; i < next; i++ {
		if program.at(i).is("{") || program.at(i).is("[") || program.at(i).is("(") {
			i = program.closing(i)
			continue
		}
		if program.at(i).is("=") {
			return true
		}
	}
	return false
}

// uses reads name.key, name["key"] and `{ key } = name` behind the function's parameters.
func uses(program *tokens, name string, from int) []Reference {
	var found []Reference
	for i := from; i < len(program.list); i++ {
		if !program.at(i).is(name) || program.at(i).kind != word || program.at(i-1).is(".") || program.at(i-1).is("?.") {
			continue
		}
		if after := program.at(i + 1); program.at(i-1).is("=") && program.at(i-2).is("}") && program.opening(i-2) >= 0 && !read(after) && !after.is("?.") {
			found = append(found, destructured(program, program.opening(i-2))...)
			continue
		}
		if one, ok := use(program, i); ok {
			found = append(found, one)
		}
	}
	return found
}

func use(program *tokens, i int) (Reference, bool) {
	key, after := program.at(i+2), program.at(i+3)
	if named := program.at(i - 2); program.at(i-1).is("in") && named.kind == literal {
		return Reference{Key: named.text, Line: named.line, Column: named.column}, true
	}
	switch access := program.at(i + 1); {
	case access.is(".") && key.kind == word:
	case access.is("[") && key.kind == literal && after.is("]"):
		after = program.at(i + 4)
	case access.is("?.") && key.kind == word:
		return Reference{Key: key.text, Line: key.line, Column: key.column}, !inherited(key.text)
	default:
		return Reference{}, false
	}
	return Reference{Key: key.text, Line: key.line, Column: key.column, Needed: read(after) && !tried(program, i), assigned: after.is("=")}, !inherited(key.text)
}

// tried tells whether the token at i stands in a try block.
func tried(program *tokens, i int) bool {
	for block := program.enclosing(i); block >= 0; block = program.enclosing(block) {
		if program.at(block - 1).is("try") {
			return true
		}
	}
	return false
}

// inherited names what every object has.
func inherited(key string) bool {
	return slices.Contains([]string{
		"constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf", "__proto__",
	}, key)
}

// hidden tells whether the name means something else somewhere behind the function's parameters.
func hidden(program *tokens, name string, from int) bool {
	for i := from + 1; i < len(program.list); i++ {
		if !program.at(i).is(name) || program.at(i-1).is(".") || program.at(i-1).is("?.") {
			continue
		}
		if redeclared(program, i) {
			return true
		}
	}
	return false
}

func redeclared(program *tokens, i int) bool {
	before, after := program.at(i-1), program.at(i+1)
	switch {
	case slices.ContainsFunc([]string{"const", "let", "var", "function", "class"}, before.is), after.is("=>"), after.is("="):
		return true
	case before.is("(") || before.is(","):
		open := program.enclosing(i)
		return program.at(open).is("(") && parameters(program, open)
	}
	return false
}

// parameters tells whether the parenthesis at open begins a parameter list.
func parameters(program *tokens, open int) bool {
	after := program.at(program.closing(open) + 1)
	before := program.at(open - 1)
	if after.is("=>") || before.is("function") || program.at(open-2).is("function") {
		return true
	}
	control := []string{"if", "for", "while", "switch", "with"}
	return after.is("{") && before.kind == word && !slices.Contains(control, before.text)
}
