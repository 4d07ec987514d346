package connect

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// secretsOf gives what is secret of a token response.
func (s *state) secretsOf(response json.RawMessage) []Secret {
	return secretsIn(s.member.declared.name+".token", response)
}

// secretsIn gives the texts of a token response that are secret by their names, wherever they stand.
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
	name = strings.ToLower(name)
	for _, part := range []string{"token", "secret", "password", "assertion", "signature", "key", "code", "ticket", "credential"} {
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
