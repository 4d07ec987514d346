package redact

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// mostRetired is how many former secrets of one owner are remembered.
const mostRetired = 64

// Registry knows the secrets of everybody: each owner's own Set, and all together for what the program tells. Its methods may be
// called from several goroutines at once.
type Registry struct {
	keep  time.Duration
	now   func() time.Time
	known atomic.Int64 // owners with secrets, so that nothing is locked while there are none

	mu     sync.RWMutex
	owners map[Owner]*owner
	all    Set // its index alone: nothing is revealed with it
}

// Owner names whom secrets belong to: an instance of an integration.
type Owner struct{ Integration, Instance string }

// owner is what is known of one.
type owner struct {
	secrets []Secret
	current []*compiled // beside secrets; nil for one that is too short
	retired []retired   // oldest first
	set     *Set
}

// retired is a secret that its owner had.
type retired struct {
	secret Secret
	what   *compiled
	until  time.Time
}

// NewRegistry makes an empty one. A secret that was replaced is looked for that long: code that began with it may still have it.
func NewRegistry(keep time.Duration, now func() time.Time) *Registry {
	return &Registry{keep: keep, now: now, owners: map[Owner]*owner{}}
}

// Learn tells what the secrets of an owner are from now on, and gives its Set, nil for one that never had any. It costs little while
// they are the same, in the same order.
func (r *Registry) Learn(name Owner, secrets []Secret) *Set {
	if set, same := r.same(name, secrets); same {
		return set
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.owners[name]
	if one == nil {
		one = &owner{}
		r.owners[name] = one
		r.known.Add(1)
	}
	if !slices.Equal(one.secrets, secrets) {
		r.replace(one, secrets)
	}
	return one.set
}

func (r *Registry) same(name Owner, secrets []Secret) (*Set, bool) {
	if len(secrets) == 0 && r.known.Load() == 0 {
		return nil, true
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	one := r.owners[name]
	if one == nil {
		return nil, len(secrets) == 0
	}
	return one.set, slices.Equal(one.secrets, secrets)
}

// replace gives an owner other secrets. The caller holds mu.
func (r *Registry) replace(one *owner, secrets []Secret) {
	now := r.now()
	former := map[Secret]*compiled{}
	for i, secret := range one.secrets {
		former[secret] = one.current[i]
		one.retired = append(one.retired, retired{secret, one.current[i], now.Add(r.keep)})
	}
	for _, old := range one.retired {
		former[old.secret] = old.what
	}
	one.secrets, one.current = slices.Clone(secrets), make([]*compiled, len(secrets))
	for i, secret := range secrets {
		what, known := former[secret]
		if !known && len(secret.Value) >= Shortest {
			what = compile(secret)
			r.enter(what)
		}
		one.current[i] = what
	}
	r.retire(one, now)
	one.set = join(one.compiled())
}

// retire forgets former secrets whose time is over, and those that are in use again. The caller holds mu.
func (r *Registry) retire(one *owner, now time.Time) {
	first := max(0, len(one.retired)-mostRetired)
	kept := one.retired[:0]
	for i, old := range one.retired {
		switch {
		case old.what == nil, slices.Contains(one.current, old.what):
		case i < first, now.After(old.until):
			r.leave(old.what)
		default:
			kept = append(kept, old)
		}
	}
	clear(one.retired[len(kept):])
	one.retired = kept
}

// compiled lists current secrets, then former ones from the newest on: what a name reveals is what comes first.
func (o *owner) compiled() []*compiled {
	var all []*compiled
	for _, what := range o.current {
		if what != nil {
			all = append(all, what)
		}
	}
	for _, old := range slices.Backward(o.retired) {
		all = append(all, old.what)
	}
	return all
}

func (r *Registry) enter(what *compiled) {
	for _, one := range what.patterns {
		if one.mode == plain {
			r.all.index.add(one)
		}
	}
}

func (r *Registry) leave(what *compiled) {
	for _, one := range what.patterns {
		if one.mode == plain {
			r.all.index.remove(one)
		}
	}
}

// Forget drops an owner and its secrets.
func (r *Registry) Forget(name Owner) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.owners[name]
	if one == nil {
		return
	}
	for _, what := range one.compiled() {
		r.leave(what)
	}
	delete(r.owners, name)
	r.known.Add(-1)
}

// Of gives the Set that Learn gave last for an owner; nil without one.
func (r *Registry) Of(name Owner) *Set {
	if r.known.Load() == 0 {
		return nil
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if one := r.owners[name]; one != nil {
		return one.set
	}
	return nil
}

// Text hides everybody's secrets in what is told to people.
func (r *Registry) Text(text string) string {
	if r.known.Load() == 0 || len(text) < Shortest {
		return text
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if hidden, changed := r.all.rewrite([]byte(text), false, false); changed {
		return string(hidden)
	}
	return text
}

// Fault hides everybody's secrets in all the words of a fault, as Set.Fault does those of one owner.
func (r *Registry) Fault(whole *fault.Fault) *fault.Fault {
	if r.known.Load() == 0 {
		return whole
	}
	return hideFault(r.Text, whole)
}
