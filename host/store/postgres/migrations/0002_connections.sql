-- Connections, in the order of their names' bytes. A claim is over when its time has come, by the database's clock. The cause, and the
-- text of an event, are words that may come from outside and be no text for the database.
create table connections (
    id bigint generated always as identity primary key,
    version bigint not null,
    token_at bigint not null,
    changed_at bigint not null,
    expires_at bigint not null,
    renew_at bigint not null,
    claimed_until timestamptz,
    holder text,
    integration text collate "C" not null,
    instance text collate "C" not null, -- empty: shared by all
    name text collate "C" not null,
    type text not null,
    status text not null,
    cause bytea not null,
    inputs bytea,
    token bytea,
    unique (integration, instance, name)
);
create index connections_renew on connections (renew_at, integration, instance, name) where renew_at > 0;
alter table connections alter inputs set storage external; -- what is sealed is not to be compressed
alter table connections alter token set storage external;

-- What became of a connection; the number is the version that it came to.
create table connection_events (
    connection bigint not null references connections on delete cascade,
    number bigint not null,
    at bigint not null,
    kind text not null,
    text bytea not null,
    primary key (connection, number)
);

-- Authorizations that were begun, perhaps of a connection that is not there yet.
create table authorizations (
    expires_at bigint not null,
    id text primary key,
    integration text collate "C" not null,
    instance text collate "C" not null,
    name text collate "C" not null,
    sealed bytea
);
create index authorizations_connection on authorizations (integration, instance, name);
create index authorizations_expires on authorizations (expires_at);

create table keysets (
    one boolean primary key default true check (one),
    version bigint not null,
    accepts bytea[] not null, -- the beginnings of what connections may hold; empty: anything
    sealed bytea
);
