-- Times are Unix milliseconds. The times of what people see are their callers'; wake and seen are of the database's clock.

-- Hosts that use the database. A life is one opening of it; slots are free again when their host has ended.
create table hosts (
    life bigint generated always as identity primary key,
    slot integer not null unique, -- negative: of a dead one whose executions are being given on
    seen timestamptz not null default clock_timestamp()
);

create table instances (
    id integer generated always as identity primary key,
    integration text not null,
    instance text not null,
    disabled boolean not null default false,
    switched_at bigint not null default 0,
    digest text not null default '',
    deployed_at bigint not null default 0,
    unique (integration, instance)
);

create table flows (
    id integer generated always as identity primary key,
    instance integer not null references instances,
    flow text not null,
    unique (instance, flow)
);

-- Status and source are numbers of statuses and sources in the code. The owner is the life that has the claim, 0 for none; every
-- change of hands makes the epoch greater.
create table executions (
    id bigint primary key,
    started_at bigint not null,
    ended_at bigint not null default 0,
    due bigint not null default 0,
    wake bigint not null default 0,
    elapsed bigint not null default 0,
    bytes bigint not null default 0,
    owner bigint not null default 0,
    epoch bigint not null default 0,
    replay_of bigint not null default 0,
    replayed_as bigint not null default 0,
    flow integer not null,
    instance integer not null,
    attempt integer not null default 0,
    losses integer not null default 0,
    steps integer not null default 0,
    logs integer not null default 0,
    lanes integer not null default 0,
    status smallint not null,
    source smallint not null,
    synchronous boolean not null default false,
    dropped boolean not null default false,
    cancel_key bytea,
    fault bytea
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1);
create index executions_flow on executions (flow, id);
create index executions_flow_status on executions (flow, status, id);
create index executions_status on executions (status, id);
create index executions_queued on executions (instance, id) where status = 1;
create index executions_owned on executions (owner) where status = 2;
create index executions_waiting on executions (wake) where status = 3;
create index executions_cancel on executions (flow, sha256(cancel_key)) where status = 3 and cancel_key is not null;

-- What belongs to an execution, as records of its own format: compressed already.
create table inputs (
    execution bigint primary key,
    body bytea not null
);
create table steps (
    execution bigint not null,
    position integer not null,
    body bytea not null,
    primary key (execution, position)
);
create table chunks (
    execution bigint not null,
    number integer not null,
    body bytea not null,
    primary key (execution, number)
);
alter table inputs alter body set storage external;
alter table steps alter body set storage external;
alter table chunks alter body set storage external;

-- Keys are found by their hash, for they may be longer than an index takes.
create table dedupes (
    flow integer not null,
    hash bytea not null,
    key bytea not null,
    first bigint not null,
    expires bigint not null,
    answer bytea,
    primary key (flow, hash)
);
create index dedupes_expires on dedupes (expires);
create index dedupes_running on dedupes (first) where answer is null;

create table lanes (
    id bigint generated always as identity primary key,
    hash bytea not null unique,
    key bytea not null,
    places integer not null
);
-- An execution's places in its lanes: 0 not reached, 1 waiting, 2 held.
create table places (
    execution bigint not null,
    ordinal integer not null,
    lane bigint not null references lanes,
    state smallint not null,
    primary key (execution, ordinal)
);
create index places_lane on places (lane, state, execution);

create table schedules (
    integration text not null,
    instance text not null,
    flow text not null,
    spec text not null,
    next bigint not null,
    last bigint not null default 0,
    last_fired bigint not null default 0,
    primary key (integration, instance, flow)
);
create index schedules_next on schedules (next) where next > 0;

-- Whose states there are, with how many bytes of JSON.
create table owners (
    id integer generated always as identity primary key,
    integration text not null,
    instance text not null,
    flow text not null,
    bytes bigint not null default 0,
    unique (integration, instance, flow)
);
create sequence members_order;
create table members (
    owner integer not null references owners,
    hash bytea not null,
    ordinal bigint not null default nextval('members_order'),
    key bytea not null,
    text bytea not null,
    primary key (owner, hash)
);
alter table members alter text set storage external; -- compressing large ones takes longer than writing them

create table tokens (
    name text primary key,
    hash bytea not null unique,
    scopes text[] not null,
    created_at bigint not null,
    expires_at bigint not null
);

-- How far, in milliseconds, the time in an execution's id was ever after and before its start.
create table spread (
    one boolean primary key default true check (one),
    ahead bigint not null,
    behind bigint not null
);
insert into spread (ahead, behind) values (1000, 1000);
