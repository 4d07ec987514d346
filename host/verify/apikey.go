package verify

import (
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// apiKey wants one of the flow's keys in the header Api-Key, where the flow asks for one. It takes the same time for
// every wrong key: all keys are compared, by digests of one length.
func apiKey(request *integration.Request, target integration.Target, _ time.Time) error {
	if !target.Flow.Trigger.APIKey {
		return nil
	}
	shown := request.Header("api-key")
	if shown == "" {
		return fault.New(fault.Host, fault.Unauthorized, "this flow needs an API key in the header Api-Key")
	}
	digest := sha256.Sum256([]byte(shown))
	found := 0
	for _, key := range target.Instance.APIKeys[target.Flow.Name] {
		known := sha256.Sum256([]byte(key))
		found |= subtle.ConstantTimeCompare(digest[:], known[:])
	}
	if found == 0 {
		return fault.New(fault.Host, fault.Unauthorized, "the API key in the header Api-Key is not one of this flow")
	}
	return nil
}
