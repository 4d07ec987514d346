package redact

import "encoding/json"

// Replacer puts texts of the caller's choice in the place of secrets, whatever form they have. There is no way back. It does not
// change, and may be used by several goroutines at once.
type Replacer struct{ set Set }

// NewReplacer makes one that puts the Name of a secret, as it is, in the place of its Value. A name has no character that JSON
// escapes. Secrets that are too short are left out.
func NewReplacer(secrets []Secret) *Replacer {
	made := &Replacer{}
	for _, secret := range secrets {
		if len(secret.Value) < Shortest {
			continue
		}
		for _, pattern := range compile(secret).patterns {
			pattern.mark = secret.Name
			if pattern.mode == number {
				pattern.mark = `"` + secret.Name + `"`
			}
			made.set.index.add(pattern)
		}
	}
	return made
}

// Replace gives a text without the secrets. JSON stays JSON. The result is the argument itself if there was none in it, else new.
func (r *Replacer) Replace(text []byte) []byte {
	if r.set.IsEmpty() {
		return text
	}
	made, changed := r.set.rewrite(text, false, false)
	if changed && json.Valid(text) {
		made, _ = r.set.rewrite(text, true, false)
	}
	return made
}
