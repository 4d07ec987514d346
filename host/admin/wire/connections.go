package wire

import "time"

// Connections lists connections.
type Connections struct {
	Connections []Connection `json:"connections"`
}

// Connection is what is known of one connection. No value of it is ever told that is secret.
type Connection struct {
	Integration string    `json:"integration"`
	Instance    string    `json:"instance,omitempty"` // left out: all instances share it
	Name        string    `json:"name"`               // of its config variable
	Type        string    `json:"type"`
	Status      string    `json:"status"`
	Cause       string    `json:"cause,omitempty"` // why the status is what it is
	ChangedAt   time.Time `json:"changedAt,omitzero"`
	ExpiresAt   time.Time `json:"expiresAt,omitzero"` // of its token
	RenewAt     time.Time `json:"renewAt,omitzero"`
	Declared    bool      `json:"declared"` // by an integration that the host serves; else it is only kept
}

// ConnectionDetail is one connection whole.
type ConnectionDetail struct {
	Connection

	Label       string            `json:"label"`              // of its type, for people
	Token       string            `json:"token,omitempty"`    // how it comes to one: authorizes, obtains; left out: it needs none
	CallbackURL string            `json:"callback,omitempty"` // what the authorization server has to be told
	Hosts       []string          `json:"hosts"`              // where fetch may send the credential
	TestURL     string            `json:"testUrl,omitempty"`
	Inputs      []ConnectionInput `json:"inputs"`
	Events      []ConnectionEvent `json:"events"` // newest first
}

// ConnectionInput is one field of a connection.
type ConnectionInput struct {
	Key         string   `json:"key"`
	Label       string   `json:"label"`
	Comments    string   `json:"comments,omitempty"`
	Kind        string   `json:"kind"` // text, multiline, pairs
	Required    bool     `json:"required"`
	Secret      bool     `json:"secret"`
	Placeholder string   `json:"placeholder,omitempty"`
	Choices     []string `json:"choices,omitempty"`
	From        string   `json:"from,omitempty"`  // what gave its value: file, database, default; left out: nothing did
	Value       string   `json:"value,omitempty"` // of one that is not secret
}

// ConnectionEvent is something that became of a connection.
type ConnectionEvent struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	Text string    `json:"text"`
}

// ConnectionFields sets inputs of a connection. Those that are not named stay; null takes one back.
type ConnectionFields struct {
	Fields map[string]*string `json:"fields"`
}

// ConnectionTested is what became of a try to use a connection.
type ConnectionTested struct {
	OK      bool    `json:"ok"`
	Message string  `json:"message"` // in words for people
	URL     string  `json:"url,omitempty"`
	Status  int     `json:"status,omitempty"` // that the service answered
	Millis  float64 `json:"milliseconds"`
}

// Authorize begins an authorization.
type Authorize struct {
	Success string `json:"success,omitempty"` // URL to which the browser goes afterwards; empty: a page of the host
	Failure string `json:"failure,omitempty"`
}

// Authorization is one that has begun: who opens the link authorizes.
type Authorization struct {
	Link      string    `json:"link"`
	ExpiresAt time.Time `json:"expiresAt"`
}
