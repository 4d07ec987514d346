-- Times are Unix milliseconds, durations nanoseconds; NULL is none.

CREATE TABLE counters (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE flows (
  id          INTEGER PRIMARY KEY,
  integration TEXT NOT NULL,
  instance    TEXT NOT NULL,
  slug        TEXT NOT NULL,
  UNIQUE (integration, instance, slug)
);

-- What has not ended. Whether one runs, and whether its time has come, only the host's memory knows.
CREATE TABLE active (
  id         INTEGER PRIMARY KEY,
  flow       INTEGER NOT NULL,
  held       INTEGER NOT NULL, -- waits for a place in a lane
  source     INTEGER NOT NULL,
  reserved   TEXT,             -- of a synchronous one: its dedupe key
  started    INTEGER NOT NULL,
  due        INTEGER,
  elapsed    INTEGER NOT NULL,
  attempt    INTEGER NOT NULL,
  losses     INTEGER NOT NULL,
  fault      BLOB,
  replay_of  INTEGER NOT NULL,
  lanes      INTEGER NOT NULL, -- how many it takes
  cancel_key TEXT
);
CREATE INDEX active_by_cancel_key ON active (flow, cancel_key) WHERE cancel_key IS NOT NULL;

-- What has ended, written once.
CREATE TABLE executions (
  id          INTEGER PRIMARY KEY,
  flow        INTEGER NOT NULL,
  status      INTEGER NOT NULL,
  source      INTEGER NOT NULL,
  synchronous INTEGER NOT NULL,
  dropped     INTEGER NOT NULL,
  started     INTEGER NOT NULL,
  ended       INTEGER NOT NULL,
  elapsed     INTEGER NOT NULL,
  attempt     INTEGER NOT NULL,
  losses      INTEGER NOT NULL,
  steps       INTEGER NOT NULL,
  fault       BLOB,
  replay_of   INTEGER NOT NULL,
  replayed_as INTEGER NOT NULL
);
CREATE INDEX executions_by_flow ON executions (flow, id);
CREATE INDEX executions_by_flow_and_status ON executions (flow, status, id);
CREATE INDEX executions_by_status ON executions (status, id);

-- Input, results, log and whole fault of executions, as host/store/record writes them.
CREATE TABLE parts (
  execution INTEGER NOT NULL,
  kind      INTEGER NOT NULL,
  number    INTEGER NOT NULL,
  record    BLOB NOT NULL,
  PRIMARY KEY (execution, kind, number)
) WITHOUT ROWID;

CREATE TABLE lanes (
  id       INTEGER PRIMARY KEY,
  key      TEXT NOT NULL UNIQUE,
  capacity INTEGER NOT NULL,
  running  INTEGER NOT NULL
);

-- The lanes of executions that have not ended. An execution waits for the first that it does not hold.
CREATE TABLE places (
  execution INTEGER NOT NULL,
  number    INTEGER NOT NULL,
  lane      INTEGER NOT NULL,
  skip      INTEGER NOT NULL,
  state     INTEGER NOT NULL, -- 0 later, 1 waits, 2 held
  PRIMARY KEY (execution, number)
) WITHOUT ROWID;
CREATE INDEX places_by_lane ON places (lane, state, execution);

CREATE TABLE dedupes (
  flow    INTEGER NOT NULL,
  key     TEXT NOT NULL,
  first   INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  answer  BLOB,
  PRIMARY KEY (flow, key)
) WITHOUT ROWID;
CREATE INDEX dedupes_by_expiry ON dedupes (expires);

CREATE TABLE owners (
  id          INTEGER PRIMARY KEY,
  integration TEXT NOT NULL,
  instance    TEXT NOT NULL,
  flow        TEXT NOT NULL,
  bytes       INTEGER NOT NULL, -- of the state as JSON, without its last brace
  next        INTEGER NOT NULL, -- position of the next new key
  UNIQUE (integration, instance, flow)
);

CREATE TABLE states (
  owner    INTEGER NOT NULL,
  key      TEXT NOT NULL,
  position INTEGER NOT NULL, -- order in which keys were first set
  text     BLOB NOT NULL,
  PRIMARY KEY (owner, key)
) WITHOUT ROWID;

CREATE TABLE schedules (
  flow       INTEGER PRIMARY KEY,
  spec       TEXT NOT NULL,
  next       INTEGER,
  last       INTEGER,
  last_fired INTEGER NOT NULL
);
CREATE INDEX schedules_by_next ON schedules (next) WHERE next IS NOT NULL;

CREATE TABLE instances (
  integration TEXT NOT NULL,
  instance    TEXT NOT NULL,
  disabled    INTEGER NOT NULL,
  switched    INTEGER,
  digest      TEXT NOT NULL,
  deployed    INTEGER,
  PRIMARY KEY (integration, instance)
) WITHOUT ROWID;

CREATE TABLE tokens (
  name    TEXT PRIMARY KEY,
  hash    BLOB NOT NULL UNIQUE,
  scopes  TEXT NOT NULL, -- separated by spaces
  created INTEGER NOT NULL,
  expires INTEGER
) WITHOUT ROWID;
