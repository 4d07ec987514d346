package connect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// What a token may have at most: each secret is looked for, in many forms, in all that code does and tells.
const (
	maxToken   = 256 << 10 // bytes, with its context
	maxDepth   = 32
	maxSecrets = 64
)

// tooMuch says what a token has too much of; empty if it is all right.
func tooMuch(token connection.Token) string {
	switch {
	case len(token.Response)+len(token.Context) > maxToken:
		return fmt.Sprintf("more than %d bytes", maxToken)
	case depthOf(token.Response) > maxDepth || depthOf(token.Context) > maxDepth:
		return fmt.Sprintf("more than %d objects in one another", maxDepth)
	case len(secretsIn("", token.Response))+len(secretsIn("", token.Context)) > maxSecrets:
		return fmt.Sprintf("more than %d secrets", maxSecrets)
	}
	return ""
}

// depthOf counts the objects and lists of a valid JSON text that are in one another.
func depthOf(text json.RawMessage) int {
	deepest, depth := 0, 0
	decoder := json.NewDecoder(bytes.NewReader(text))
	for token, err := decoder.Token(); err == nil; token, err = decoder.Token() {
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			deepest = max(deepest, depth)
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return deepest
}

// secretsOf gives what is secret of a token response, or of its context.
func (s *state) secretsOf(part string, of json.RawMessage) []Secret {
	return secretsIn(s.member.declared.name+"."+part, of)
}

// secretsIn gives the texts of a token response that are secret by their names or forms, wherever they stand.
func secretsIn(path string, value json.RawMessage) []Secret {
	var found []Secret
	walk(path, value, &found)
	return found
}

func walk(path string, value json.RawMessage, found *[]Secret) {
	var members map[string]json.RawMessage
	if json.Unmarshal(value, &members) == nil {
		for _, name := range slices.Sorted(maps.Keys(members)) {
			walk(path+"."+name, members[name], found)
		}
		return
	}
	var items []json.RawMessage
	if json.Unmarshal(value, &items) == nil {
		for i, item := range items {
			walk(path+"."+strconv.Itoa(i), item, found)
		}
		return
	}
	var text string
	if json.Unmarshal(value, &text) == nil && isSecret(path[strings.LastIndexByte(path, '.')+1:], text) {
		*found = append(*found, Secret{path, text})
	}
}

// isSecret judges a text of a token response by its name, and by its form.
func isSecret(name, text string) bool {
	if strings.HasPrefix(text, "eyJ") && strings.Count(text, ".") >= 2 {
		return true // a JSON Web Token
	}
	name = strings.ToLower(name)
	for _, part := range []string{
		"token", "secret", "password", "assertion", "signature", "key", "code", "ticket", "credential", "session", "jwt", "bearer", "authorization",
	} {
		if strings.Contains(name, part) {
			return text != "" && !isTold(name)
		}
	}
	return false
}

// isTold tells the names that sound like a secret's and are none.
func isTold(name string) bool {
	switch name {
	case "token_type", "issued_token_type", "key_id", "kid", "country_code", "language_code", "code":
		return true
	}
	return strings.HasSuffix(name, "_type") || strings.HasSuffix(name, "_expires_in") || strings.HasSuffix(name, "_expires_at") ||
		strings.HasSuffix(name, "_url") || strings.HasSuffix(name, "_endpoint")
}

// secretPairs gives what in a key/value list of headers says who somebody is, by the header's name.
func secretPairs(path, list string) []Secret {
	var found []Secret
	for _, pair := range pairsIn(list) {
		if redact.IsCredential(pair.Key) && pair.Value != "" {
			found = append(found, Secret{path + "." + pair.Key, pair.Value})
		}
	}
	return found
}

// shownPairs gives a key/value list as people see it, without what secretPairs finds.
func shownPairs(list string) string {
	pairs := pairsIn(list)
	for i, pair := range pairs {
		if redact.IsCredential(pair.Key) && pair.Value != "" {
			pairs[i].Value = redact.Hidden
		}
	}
	text, err := json.Marshal(pairs)
	if err != nil || pairs == nil {
		return ""
	}
	return string(text)
}

// pairsIn reads a key/value list; nil for what is none.
func pairsIn(list string) []connection.Pair {
	var pairs []connection.Pair
	if json.Unmarshal([]byte(list), &pairs) != nil {
		return nil
	}
	return pairs
}
