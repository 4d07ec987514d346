package document

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Outside is where ${env:NAME} and ${file:PATH} come from.
type Outside struct {
	LookupEnv func(name string) (string, bool)
	ReadFile  func(path string) ([]byte, error)
}

var reference = regexp.MustCompile(`\$?\$\{(env|file):([^}]*)\}`)

// Expand gives a copy of the value in which the references of all texts are replaced. A text that holds one is Hidden:
// no problem ever shows it. $${env:NAME} stands for the characters ${env:NAME}. One newline at a file's end is left out.
func Expand(value *Node, from Outside, report *Report) *Node {
	if value == nil || value.Kind == Text && !strings.Contains(value.Text, "${") {
		return value
	}
	expanded := *value
	expanded.Items = make([]*Node, len(value.Items))
	for i, item := range value.Items {
		expanded.Items[i] = Expand(item, from, report)
	}
	expanded.Members = make([]Member, len(value.Members))
	for i, member := range value.Members {
		member.Value = Expand(member.Value, from, report)
		expanded.Members[i] = member
	}
	if value.Kind == Text {
		from.expandText(&expanded, report)
	}
	return &expanded
}

func (o Outside) expandText(value *Node, report *Report) {
	value.Text = reference.ReplaceAllStringFunc(value.Text, func(found string) string {
		if strings.HasPrefix(found, "$$") {
			return found[1:]
		}
		value.Hidden = true
		parts := reference.FindStringSubmatch(found)
		text, err := o.get(parts[1], parts[2])
		if err != nil {
			value.Broken = true
			report.Errorf(value, "%s", err)
		}
		return text
	})
}

func (o Outside) get(kind, name string) (string, error) {
	if kind == "env" {
		return o.env(name)
	}
	content, err := o.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("${file:%s}: %w", name, err)
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("${file:%s}: the file is not UTF-8 text", name)
	}
	return text, nil
}

func (o Outside) env(name string) (string, error) {
	text, ok := o.LookupEnv(name)
	switch {
	case !ok:
		return "", fmt.Errorf("${env:%s}: the environment variable is not set", name)
	case !utf8.ValidString(text):
		return "", fmt.Errorf("${env:%s}: the value is not UTF-8 text", name)
	}
	return text, nil
}
