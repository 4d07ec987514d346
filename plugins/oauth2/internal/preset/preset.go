// Package preset knows the endpoints and habits of services.
//
// They stand in presets.json, each with its source. A text of a preset may have variables, as in https://{shop}.myshopify.com: they
// become inputs of the connection.
package preset

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
)

//go:embed presets.json
var file []byte

// Preset is a service.
type Preset struct {
	Key             string            `json:"key"`
	Name            string            `json:"name"`
	Types           []string          `json:"types"` // what it offers; the first is the one that Scopes are for
	AuthorizeURL    string            `json:"authorizeUrl"`
	TokenURL        string            `json:"tokenUrl"`
	RevokeURL       string            `json:"revokeUrl"`       // as RFC 7009 has it; empty where the service has none or another form
	Issuer          string            `json:"issuer"`          // what it calls itself in iss; empty where that is not known
	AuthStyle       string            `json:"authStyle"`       // header, body or none
	Body            string            `json:"body"`            // json where token requests are JSON, else empty
	GrantType       string            `json:"grantType"`       // in place of client_credentials
	Scopes          string            `json:"scopes"`          // default of the input, where a token is not renewed without
	ScopeSeparator  string            `json:"scopeSeparator"`  // in place of a space
	ScopeParam      string            `json:"scopeParam"`      // in place of scope
	AuthorizeParams map[string]string `json:"authorizeParams"` // added to the page where a person authorizes
	TokenParams     map[string]string `json:"tokenParams"`     // added to token requests
	Headers         map[string]string `json:"headers"`         // added to token requests
	TokenIn         string            `json:"tokenIn"`         // the member of a token response that has the token where the response itself has none
	Send            map[string]string `json:"send"`            // headers that show the token, in place of Authorization: Bearer
	PKCE            string            `json:"pkce"`            // none where a client with a secret is refused for it, else empty
	RevokeStyle     string            `json:"revokeStyle"`     // of revocations, where it is not AuthStyle
	Hosts           []string          `json:"hosts"`           // where its API is
	TestURL         string            `json:"test"`            // a GET that any token is good for
	Variables       []Variable        `json:"variables"`
	Hints           map[string]string `json:"hints"` // comments of inputs, by their keys
	Sources         []string          `json:"sources"`
	Notes           string            `json:"notes"`
}

// Variable is a part of a preset's texts that differs by customer.
type Variable struct {
	Key         string   `json:"key"`
	Label       string   `json:"label"`
	Comments    string   `json:"comments"`
	Placeholder string   `json:"placeholder"`
	Default     string   `json:"default"`
	Choices     []string `json:"choices"`
}

// All reads the presets, in the order of their keys.
func All() ([]Preset, error) {
	var all []Preset
	if err := json.Unmarshal(file, &all); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Preset) int { return strings.Compare(a.Key, b.Key) })
	return all, nil
}

// Keys are those of the presets that have the type.
func Keys(all []Preset, kind string) []string {
	var keys []string
	for _, each := range all {
		if slices.Contains(each.Types, kind) {
			keys = append(keys, each.Key)
		}
	}
	return keys
}

// Find gives the preset of a key; the zero one if there is none.
func Find(all []Preset, key string) Preset {
	at := slices.IndexFunc(all, func(p Preset) bool { return p.Key == key })
	if at < 0 {
		return Preset{}
	}
	return all[at]
}

// ScopesFor is the type that Scopes are for.
func (p Preset) ScopesFor() string {
	if len(p.Types) == 0 {
		return ""
	}
	return p.Types[0]
}

// Expand puts the values of variables into a text. One without a value stays as it is.
func (p Preset) Expand(text string, values map[string]string) string {
	for _, variable := range p.Variables {
		value := values[variable.Key]
		if value == "" {
			value = variable.Default
		}
		if value != "" && variable.Wrong(value) == "" {
			text = strings.ReplaceAll(text, "{"+variable.Key+"}", value)
		}
	}
	return text
}

// Wrong says what is wrong with a value. A good one cannot leave its place in a URL: it has letters, digits, dots, hyphens and
// underscores alone.
func (v Variable) Wrong(value string) string {
	switch {
	case v.Choices != nil && !slices.Contains(v.Choices, value):
		return "is none of " + strings.Join(v.Choices, ", ")
	case value == "", strings.ContainsFunc(value, isForeign), strings.Trim(value, "._-") != value:
		return "is no plain name: write it as in " + v.Placeholder
	}
	return ""
}

// Doubled is the end of a value that the preset's URLs have after the variable as well, as in a whole host name where its first part belongs.
func (p Preset) Doubled(key, value string) string {
	for _, address := range []string{p.AuthorizeURL, p.TokenURL} {
		_, after, _ := strings.Cut(address, "{"+key+"}")
		end, _, _ := strings.Cut(after, "/")
		if strings.HasPrefix(end, ".") && strings.HasSuffix(value, end) {
			return end
		}
	}
	return ""
}

func isForeign(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	return !letter && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
}
