package connect

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// declared is a connection of an integration, and what its provider says of it.
type declared struct {
	integration string
	name        string
	of          *integration.Declaration

	asking sync.Mutex
	schema atomic.Pointer[schema] // nil until the provider has answered
}

// schema is what a declared connection wants to know, and where its credential goes.
type schema struct {
	inputs  []connection.Input
	hosts   []integration.HostPattern
	send    sending
	testURL string
}

func (d *declared) key(instance integration.InstanceName) store.ConnectionKey {
	if d.of.Shared {
		instance = ""
	}
	return store.ConnectionKey{Integration: d.integration, Instance: instance, Name: d.name}
}

// read makes the schema, by asking the provider if the declaration has options. The findings say what is wrong with the declaration.
func (d *declared) read(ctx context.Context, providers Providers) ([]connection.Finding, error) {
	asked := connection.Declared{Type: d.of.Type.Key, Options: d.of.Options, Fields: d.of.Fields}
	if len(d.of.Options) == 0 {
		return d.take(d.of.Type.Schema(asked))
	}
	d.asking.Lock()
	defer d.asking.Unlock()
	if d.schema.Load() != nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	provider, err := providers.Provider(ctx, d.of.Type.Key)
	if err != nil {
		return nil, err
	}
	answer, err := provider.Schema(ctx, asked)
	if err != nil {
		return nil, err
	}
	return d.take(answer)
}

// take keeps an answer. What the declaration says of hosts, places and the URL to test stands above it.
func (d *declared) take(answer connection.Schema) ([]connection.Finding, error) {
	if len(answer.Findings) > 0 {
		return answer.Findings, nil
	}
	made := &schema{inputs: answer.Inputs, hosts: d.of.Hosts, testURL: d.of.TestURL}
	if made.testURL == "" {
		made.testURL = answer.TestURL
	}
	send := answer.Send
	if d.of.Send != nil {
		send = *d.of.Send
	}
	var err error
	if made.send, err = newSending(send); err != nil {
		return nil, fault.New(fault.Engine, fault.Protocol, "the provider of %s: %v", d.of.Type.Key, err)
	}
	if made.hosts == nil {
		for _, text := range answer.Hosts {
			host, err := integration.ParseHostPattern(text)
			if err != nil {
				return nil, fault.New(fault.Engine, fault.Protocol, "the provider of %s names the host %q: %v", d.of.Type.Key, text, err)
			}
			made.hosts = append(made.hosts, host)
		}
	}
	d.schema.Store(made)
	return nil, nil
}

func (s *schema) keys() []string {
	keys := make([]string, len(s.inputs))
	for i, one := range s.inputs {
		keys[i] = one.Key
	}
	return keys
}

// input finds an input by its key.
func (s *schema) input(key string) (connection.Input, bool) {
	for _, one := range s.inputs {
		if one.Key == key {
			return one, true
		}
	}
	return connection.Input{}, false
}
