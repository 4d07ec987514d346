-- Connections. What is sealed stands last, for most statements do not read it. A claim is over when its time has come.
CREATE TABLE connections (
  id          INTEGER PRIMARY KEY,
  integration TEXT NOT NULL,
  instance    TEXT NOT NULL, -- empty: shared by all
  name        TEXT NOT NULL,
  version     INTEGER NOT NULL,
  type        TEXT NOT NULL,
  status      TEXT NOT NULL,
  changed     INTEGER,
  token_at    INTEGER NOT NULL,
  expires     INTEGER,
  renew       INTEGER,
  holder      TEXT, -- who has the claim
  until       INTEGER NOT NULL DEFAULT 0,
  cause       BLOB NOT NULL, -- words from outside may be no text
  inputs      BLOB,
  token       BLOB,
  UNIQUE (integration, instance, name)
);
CREATE INDEX connections_by_renew ON connections (renew, integration, instance, name) WHERE renew IS NOT NULL;

-- What became of a connection; the number is the version that it came to.
CREATE TABLE connection_events (
  connection INTEGER NOT NULL,
  number     INTEGER NOT NULL,
  at         INTEGER,
  kind       TEXT NOT NULL,
  text       BLOB NOT NULL,
  PRIMARY KEY (connection, number)
) WITHOUT ROWID;

-- Authorizations that were begun, perhaps of a connection that is not there yet.
CREATE TABLE authorizations (
  id          TEXT PRIMARY KEY,
  integration TEXT NOT NULL,
  instance    TEXT NOT NULL,
  name        TEXT NOT NULL,
  expires     INTEGER NOT NULL,
  sealed      BLOB
) WITHOUT ROWID;
CREATE INDEX authorizations_by_connection ON authorizations (integration, instance, name);
CREATE INDEX authorizations_by_expiry ON authorizations (expires);

CREATE TABLE keysets (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL,
  accepts BLOB NOT NULL, -- the beginnings of what connections may hold, as JSON
  sealed  BLOB
);
