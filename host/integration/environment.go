package integration

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

type (
	// Problem is one finding in a file.
	Problem = document.Problem
	// Problems is all that was found, as an error with one line for each.
	Problems = document.Problems
)

// Environment is what reading an integration takes from outside its folder.
type Environment struct {
	// LookupEnv answers ${env:NAME}; nil stands for an empty environment.
	LookupEnv func(name string) (string, bool)
	// Engines that code can be written for. Their names and file extensions decide which file is for whom.
	Engines []engine.Description
	// Connections are the types that connections can be of.
	Connections []connection.Type
	// EndpointKey is the secret from which the tokens of unguessable endpoints are derived. Without one every Read makes
	// new tokens, which is enough to check an integration and too little to serve it over a restart.
	EndpointKey []byte
}

// defaultEngine runs inline code that names no engine.
const defaultEngine = "javascript"

func (e Environment) lookupEnv(name string) (string, bool) {
	if e.LookupEnv == nil {
		return "", false
	}
	return e.LookupEnv(name)
}

func (e Environment) engineNames() []string {
	var names []string
	for _, known := range e.Engines {
		names = append(names, known.Name)
	}
	return names
}

// otherTypes says for people what a type of connections that is not there may have been meant to be.
func (e Environment) otherTypes(name string) string {
	var known []string
	for _, kind := range e.Connections {
		known = append(known, kind.Key)
	}
	hint := document.DidYouMean(name, known)
	if document.Nearest(name, known) == "" {
		hint += "; its plugin may be missing, see `hookstep plugins list`"
	}
	return hint
}

// engineOf names the engine of a file by its ending, "" if there is none.
func (e Environment) engineOf(path string) string {
	for _, known := range e.Engines {
		if slices.ContainsFunc(known.Extensions, func(extension string) bool { return strings.HasSuffix(path, extension) }) {
			return known.Name
		}
	}
	return ""
}

// languages says for people which endings of files are known.
func (e Environment) languages() string {
	var known []string
	for _, each := range e.Engines {
		known = append(known, each.Name+" ("+strings.Join(each.Extensions, " ")+")")
	}
	if known == nil {
		return "none"
	}
	return strings.Join(known, ", ")
}

// token makes the path of an unguessable endpoint: 160 bits, equal as long as the key and the three names are.
func (e Environment) token(integration string, instance InstanceName, flow Slug) string {
	keyBytes := e.EndpointKey
	if len(keyBytes) == 0 {
		keyBytes = []byte(rand.Text())
	}
	mac := hmac.New(sha256.New, keyBytes)
	mac.Write([]byte("endpoint\x00" + integration + "\x00" + string(instance) + "\x00" + string(flow)))
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)[:20]))
}
