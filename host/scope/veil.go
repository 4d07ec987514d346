package scope

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"sync"

	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// mostVeils is how many veils are kept at once: making one takes long, and each has some ten kilobytes for each secret.
const mostVeils = 256

// veils keeps what puts handles in the place of secrets. The zero one is empty.
type veils struct {
	mu   sync.Mutex
	made map[[sha256.Size]byte]*redact.Replacer
}

// of gives the veil of secrets, each by its handle.
func (v *veils) of(secrets []redact.Secret) *redact.Replacer {
	hash := sha256.New()
	for _, secret := range secrets {
		for _, text := range [...]string{secret.Name, secret.Value} {
			_, _ = hash.Write(append(binary.AppendUvarint(nil, uint64(len(text))), text...))
		}
	}
	key := [sha256.Size]byte(hash.Sum(nil))
	v.mu.Lock()
	known := v.made[key]
	v.mu.Unlock()
	if known != nil {
		return known
	}
	known = redact.NewReplacer(secrets)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.made == nil || len(v.made) >= mostVeils {
		v.made = map[[sha256.Size]byte]*redact.Replacer{}
	}
	v.made[key] = known
	return known
}

// veil puts handles in the place of secrets that a service sends back, where code does not see them.
func (c *carrier) veil(text []byte) []byte {
	if len(text) < redact.Shortest || !c.hides() {
		return text
	}
	if c.echoes == nil {
		var all []redact.Secret
		for _, loan := range c.loans {
			all = append(all, loan.echoes...)
		}
		c.echoes = c.veils.of(all)
	}
	return c.echoes.Replace(text)
}

// hides tells that code sees no secrets: then each loan has its handles.
func (c *carrier) hides() bool { return len(c.loans) > 0 && c.loans[0].handle != nil }

// veilResponse does so in what code is given.
func (c *carrier) veilResponse(response *hostapi.FetchResponse) {
	if !c.hides() {
		return
	}
	size := len(response.Body)
	response.Body = c.veil(response.Body)
	for i, header := range response.Headers {
		response.Headers[i].Value = string(c.veil([]byte(header.Value)))
		if header.Name == "content-length" && len(response.Body) != size {
			response.Headers[i].Value = strconv.Itoa(len(response.Body))
		}
	}
	response.StatusText = string(c.veil([]byte(response.StatusText)))
	response.URL = string(c.veil([]byte(response.URL)))
}
