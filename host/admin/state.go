package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/object"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// StateOwners lists whose states are not empty, of an integration or (empty) of all.
func StateOwners(ctx context.Context, states store.States, integration string) ([]store.StateOwner, error) {
	return states.StateOwners(ctx, integration)
}

// State gives a whole state as a JSON object, keys in the order in which they were first set.
func State(ctx context.Context, states store.States, owner store.StateOwner) (json.RawMessage, error) {
	texts, err := states.ReadStates(ctx, owner)
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 || texts[0] == nil {
		return json.RawMessage("{}"), nil
	}
	return texts[0], nil
}

// StateKey gives what a state has under a key.
func StateKey(ctx context.Context, states store.States, owner store.StateOwner, key string) (json.RawMessage, error) {
	text, err := State(ctx, states, owner)
	if err != nil {
		return nil, err
	}
	members, err := object.Split(text)
	if err != nil {
		return nil, err
	}
	for _, one := range members {
		if one.Key == key {
			return one.Text, nil
		}
	}
	return nil, fmt.Errorf("key %q: %w", key, store.ErrNotFound)
}

// SetStateKey sets one key to a JSON value; null deletes it.
func SetStateKey(ctx context.Context, states store.States, owner store.StateOwner, key string, text json.RawMessage) error {
	if !isJSON(text) {
		return invalidf("", "the value is not one JSON text in UTF-8")
	}
	return write(ctx, states, owner, []object.Member{{Key: key, Text: text}})
}

// SetState makes a JSON object the whole state: keys that it does not have are deleted. A key that code first sets meanwhile stays.
func SetState(ctx context.Context, states store.States, owner store.StateOwner, text json.RawMessage) error {
	wanted, err := object.Split(text)
	if err != nil || len(text) == 0 || !isJSON(text) {
		return invalidf("", "a state is one JSON object in UTF-8")
	}
	now, err := State(ctx, states, owner)
	if err != nil {
		return err
	}
	members, err := object.Split(now)
	if err != nil {
		return err
	}
	stays := make(map[string]bool, len(wanted))
	for _, one := range wanted {
		stays[one.Key] = true
	}
	for _, old := range members {
		if !stays[old.Key] {
			wanted = append(wanted, object.Member{Key: old.Key, Text: json.RawMessage("null")})
		}
	}
	return write(ctx, states, owner, wanted)
}

func isJSON(text []byte) bool { return json.Valid(text) && utf8.Valid(text) }

// write merges members; of two with one key the later one holds.
func write(ctx context.Context, states store.States, owner store.StateOwner, members []object.Member) error {
	if len(members) == 0 {
		return nil
	}
	merge := []byte{'{'}
	for i, one := range members {
		if i > 0 {
			merge = append(merge, ',')
		}
		merge = append(value.AppendText(merge, one.Key), ':')
		merge = append(merge, one.Text...)
	}
	return states.WriteStates(ctx, []store.StateChange{{Owner: owner, Merge: append(merge, '}')}})
}
