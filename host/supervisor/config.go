package supervisor

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// Plugin is an executable that may offer an engine, types of connections, or both.
type Plugin struct {
	Name string   // as people see it; of a bundled engine, the engine's name
	Path string   // of the executable, absolute
	Args []string // after the path
	Env  []string // KEY=value, beside what every plugin gets
	// Description and Provider are what the plugin would answer of its engine and of its connections, where that is known
	// beforehand: it then offers nothing else. Where both are zero it is asked when it is needed, and the answer is remembered as
	// long as the executable does not change.
	Description engine.Description
	Provider    connection.Description
	Version     string // of the plugin, likewise
}

// Config says which plugins there are, and how their processes are kept. Start from Default.
type Config struct {
	Bundled   []Plugin // shipped with the program
	Installed []Plugin // named by the operator; one takes the place of a bundled plugin with the same engine name
	Folder    string   // each executable file in it is a plugin; empty or missing: none
	Cache     string   // file that remembers what plugins describe; empty: they are asked again by each Supervisor

	Env    []string // KEY=value for every plugin, beside PATH, LANG and TZ
	Memory int64    // bytes that one process may use, where the tenant does not say

	Lanes      int           // executions that run side by side in one process
	Wait       time.Duration // how long one waits for a free lane
	MaxWaiting int           // how many wait for the lanes of one process; the next is refused at once

	StartTimeout time.Duration // from exec to handshake
	LoadTimeout  time.Duration // for compiling one program; the process is killed beyond it
	StopGrace    time.Duration // from the polite stop to the kill
	IdleStop     time.Duration // a process without work for so long is stopped
	HealthEvery  time.Duration // between two pings of a process that has work
	HealthWithin time.Duration // in which a ping is answered
	HealthMisses int           // pings missed in a row that condemn a process

	ProviderCalls    int           // calls side by side in the process of a provider of connections
	ProviderTime     time.Duration // for one call; what a provider asks of a service is to take less
	ProviderIdleStop time.Duration // a provider's process without calls for so long is stopped

	Restart Restart
	Jitter  func() float64 // in [0, 1), from several goroutines; spreads restarts
}

// Restart says how soon a process that ended is followed by the next.
type Restart struct {
	First    time.Duration // pause after the first failure; each further one doubles it
	Most     time.Duration // the longest pause
	Steady   time.Duration // a process that lived so long ends the row of failures
	Tries    int           // failures in a row, without one execution done between them, after which the supervisor gives up
	Window   time.Duration // in which they count
	CoolDown time.Duration // from giving up to the next try
	Kills    int           // processes killed for runaway code in a short time that are replaced at once
	KillRest time.Duration // beyond them, one is replaced in each such stretch of time
}

// Default is the configuration to start from. It names no plugin.
func Default() Config {
	return Config{
		Memory:       512 << 20,
		Lanes:        32,
		Wait:         5 * time.Second,
		MaxWaiting:   1024,
		StartTimeout: 10 * time.Second,
		LoadTimeout:  30 * time.Second,
		StopGrace:    2 * time.Second,
		IdleStop:     5 * time.Minute,
		HealthEvery:  5 * time.Second,
		HealthWithin: 5 * time.Second,
		HealthMisses: 3,

		ProviderCalls:    64,
		ProviderTime:     time.Minute,
		ProviderIdleStop: 10 * time.Minute,

		Restart: Restart{
			First:    100 * time.Millisecond,
			Most:     5 * time.Second,
			Steady:   10 * time.Second,
			Tries:    5,
			Window:   time.Minute,
			CoolDown: 30 * time.Second,
			Kills:    16,
			KillRest: 250 * time.Millisecond,
		},
		Jitter: rand.Float64,
	}
}

// Validate reports every setting that cannot work.
func (c Config) Validate() error {
	var problems []error
	positive := func(name string, value int64) {
		if value <= 0 {
			problems = append(problems, fmt.Errorf("%s must be more than zero", name))
		}
	}
	positive("memory", c.Memory)
	positive("lanes", int64(c.Lanes))
	positive("wait", int64(c.Wait))
	positive("start time-out", int64(c.StartTimeout))
	positive("load time-out", int64(c.LoadTimeout))
	positive("stop grace", int64(c.StopGrace))
	positive("idle stop", int64(c.IdleStop))
	positive("health interval", int64(c.HealthEvery))
	positive("health time-out", int64(c.HealthWithin))
	positive("health misses", int64(c.HealthMisses))
	positive("provider calls", int64(c.ProviderCalls))
	positive("provider time", int64(c.ProviderTime))
	positive("provider idle stop", int64(c.ProviderIdleStop))
	positive("restart pause", int64(c.Restart.First))
	positive("restart tries", int64(c.Restart.Tries))
	positive("restart kills", int64(c.Restart.Kills))
	if c.MaxWaiting < 0 {
		problems = append(problems, errors.New("the number that may wait for a lane must not be negative"))
	}
	if c.Restart.Most < c.Restart.First {
		problems = append(problems, errors.New("the longest restart pause must not be shorter than the first"))
	}
	if c.Jitter == nil {
		problems = append(problems, errors.New("jitter is missing"))
	}
	return errors.Join(problems...)
}
