package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// values are what is an instance's own. Its endpoints are not among them: they follow from its name and the host's key.
type values struct {
	Integration string                            `json:"integration"`
	ID          string                            `json:"id"`
	Title       string                            `json:"title"`
	Customer    *integration.Party                `json:"customer"`
	ConfigVars  json.RawMessage                   `json:"configVars"`
	Connections map[string]connection.Values      `json:"connections,omitempty"`
	APIKeys     map[integration.FlowName][]string `json:"apiKeys"`
	Limit       int                               `json:"limit"`
}

// digest is equal as long as an instance and its integration are. No value can be read from it. What is
// kept of a connection beside the files is not among its values: a renewed token is no deployment.
func digest(of *integration.Integration, instance *integration.Instance) string {
	text, err := json.Marshal(values{
		of.Digest, instance.ID, instance.Title, instance.Customer, instance.ConfigVars, instance.Connections, instance.APIKeys, instance.Limit,
	})
	if err != nil { // not JSON, which no reader of instances gives
		text = append([]byte(of.Digest), instance.ConfigVars...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
