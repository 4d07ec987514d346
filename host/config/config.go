// Package config holds what an operator can set, from hookstep.yaml, the environment and flags.
package config

import "time"

// Config is everything that can be set. A zero field is a value like any other: start from Default.
type Config struct {
	Listen              string // address of the listener for webhooks
	Admin               string // address of the operators' listener
	InsecureExposeAdmin bool   // Admin may be an address that others reach
	Data                string // folder that Hookstep keeps its data in
	Database            string // URL of the PostgreSQL database; empty: hookstep.db in Data
	PublicURL           string // base of webhook URLs as callers see it; empty: localhost and the port of listen
	Timeouts            Timeouts
	Limits              Limits
	Execution           Execution
	Queue               Queue
	History             History
	Seal                Seal
	Engines             Engines
	Fetch               Fetch
	Log                 Log
	OAuth2              OAuth2
	Plugins             map[string]string // path of an engine's executable by the engine's name
}

// Timeouts of HTTP connections.
type Timeouts struct {
	ReadHeader time.Duration
	Read       time.Duration // of a whole request
	Idle       time.Duration
	Shutdown   time.Duration // that running requests get when the program ends
}

// Limits of requests.
type Limits struct {
	Body        int64 // bytes
	HeaderBytes int64
	Headers     int
	Concurrent  int // requests under way at once
}

// Execution limits one run of a flow.
type Execution struct {
	Synchronous time.Duration // budget of a caller who waits
	Longest     time.Duration // of any execution
}

// Queue limits what runs without a caller who waits.
type Queue struct {
	Workers int // asynchronous executions at once; 0: half of the lanes of one engine process
}

// History says what of ended executions is kept.
type History struct {
	Synchronous string        // all, failed, none: which of those that ran in memory
	Age         time.Duration // since the end; 0: forever
	Bytes       int64         // of payloads, results and logs together; 0: any number
}

// Seal says where the key is that secrets in the database are sealed under, and where the one before it, while it is being replaced.
// The keys themselves are in no configuration: they may stand in SealKeyVariable and PreviousSealKeyVariable.
type Seal struct {
	KeyFile         string // empty: seal.key in Data, unless the key comes from elsewhere
	PreviousKeyFile string
	KMS             string // URI of a key that a service keeps
	PreviousKMS     string
}

// Engines limits engine processes.
type Engines struct {
	Memory       int64         // bytes of one process
	Lanes        int           // executions at once in one process; 0: as many as suit the machine
	LaneWait     time.Duration // that an execution waits for a free lane
	Waiters      int           // executions that wait for a lane of one process
	IdleStop     time.Duration // after which an unused process ends; 0: never
	StartTimeout time.Duration
}

// Fetch is the address policy of calls that code makes.
type Fetch struct {
	InsecureAllowPrivateAddresses bool     // loopback, private and other special networks
	Allow                         []string // host names, addresses and networks (CIDR) that are always allowed
}

// OAuth2 says where browsers come back to that people authorize connections with.
type OAuth2 struct {
	Callback string   // base URL as services and browsers reach it, before /oauth2/callback; empty: that of the operators' listener
	Back     []string // origins to which a browser may be sent in the end
}

// Log says what is logged and how.
type Log struct {
	Level  string // debug, info, warn, error
	Format string // auto, text, json
}

// Default is what holds where nothing is set.
func Default() Config {
	return Config{
		Listen: ":8080",
		Admin:  "127.0.0.1:8081",
		Data:   ".hookstep",
		Timeouts: Timeouts{
			ReadHeader: 10 * time.Second, Read: 30 * time.Second, Idle: 2 * time.Minute, Shutdown: 30 * time.Second,
		},
		Limits:    Limits{Body: 6 << 20, HeaderBytes: 64 << 10, Headers: 100, Concurrent: 1024},
		Execution: Execution{Synchronous: 30 * time.Second, Longest: 15 * time.Minute},
		History:   History{Synchronous: "all", Age: 30 * 24 * time.Hour, Bytes: 10 << 30},
		Engines: Engines{
			Memory: 512 << 20, LaneWait: 5 * time.Second, Waiters: 256,
			IdleStop: 5 * time.Minute, StartTimeout: 10 * time.Second,
		},
		Log: Log{Level: "info", Format: "auto"},
	}
}

// Insecure names the switches that are on and weaken security, for the log at start.
func (c *Config) Insecure() []string {
	var on []string
	for _, each := range c.settings() {
		if set, ok := each.target.(*bool); ok && *set && isInsecure(each.key) {
			on = append(on, each.key)
		}
	}
	return on
}
