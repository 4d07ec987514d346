package integration

import (
	"net/textproto"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// send reads where a credential stands in a request; nil without a word on it.
func (r *reader) send(from *document.Node, declared *Declaration) *connection.Send {
	if !from.Is(document.Map) {
		return nil
	}
	if declared.Type.Signs {
		r.file.Errorf(from, "connections of the type %q sign requests themselves: leave send out", declared.Type.Key)
	}
	headers, query := from.Get("headers"), from.Get("query")
	if headers.Is(document.Map) {
		for _, member := range headers.Members {
			r.header(member)
		}
	}
	read := &connection.Send{Headers: r.sent(headers, declared), Query: r.sent(query, declared)}
	if headers == nil && query == nil {
		r.file.Errorf(from, "send needs headers or query")
	}
	return read
}

// header reports names that are none, or are not for authors to set.
func (r *reader) header(member document.Member) {
	const special = "!#$%&'*+-.^_`|~"
	isOther := func(char rune) bool { return !isPlain(char) && !strings.ContainsRune(special, char) }
	reserved := []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Te", "Trailer"}
	switch {
	case member.Key == "" || strings.ContainsFunc(member.Key, isOther):
		r.file.ErrorAtf(member.Line, member.Column, "%q is no name of a header", member.Key)
	case slices.Contains(reserved, textproto.CanonicalMIMEHeaderKey(member.Key)):
		r.file.ErrorAtf(member.Line, member.Column, "the header %q is not for a credential", member.Key)
	}
}

func (r *reader) sent(from *document.Node, declared *Declaration) []connection.Pair {
	if !from.Is(document.Map) {
		return nil
	}
	var pairs []connection.Pair
	for _, member := range from.Members {
		r.place(member.Value, declared)
		pairs = append(pairs, connection.Pair{Key: member.Key, Value: member.Value.String()})
	}
	return pairs
}

// place reports what a value of send takes and the connection cannot have.
func (r *reader) place(value *document.Node, declared *Declaration) {
	if strings.ContainsAny(value.String(), "\r\n\x00") {
		r.file.Errorf(value, "the value is one line")
	}
	template, err := connection.ParseTemplate(value.String())
	if err != nil {
		r.file.Errorf(value, "%s", err)
		return
	}
	known := keysOf(declared.Type.Inputs)
	for _, name := range template.Inputs() {
		if !slices.Contains(known, name) && !declared.mayHave(name) {
			r.file.Errorf(value, "{%s}: connections of the type %q have no input %q%s", name, declared.Type.Key, name, document.DidYouMean(name, known))
		}
	}
	if template.NeedsToken() && declared.Type.Token == connection.Static {
		r.file.Errorf(value, "connections of the type %q have no token", declared.Type.Key)
	}
}
