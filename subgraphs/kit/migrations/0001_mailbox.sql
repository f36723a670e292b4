-- The mailbox every service has: what it still has to send, what it has received, what it could not handle.
-- One text for SQLite and PostgreSQL: ids and JSON are TEXT, instants are BIGINT microseconds since 1970 (UTC).
CREATE TABLE outbox (
    msg_id            TEXT   NOT NULL PRIMARY KEY,
    shard             BIGINT NOT NULL,
    aggregate_id      TEXT   NOT NULL,
    aggregate_version BIGINT NOT NULL,
    ordinal           BIGINT NOT NULL,
    kind              TEXT   NOT NULL,
    consumer          TEXT,
    schema_version    BIGINT NOT NULL,
    payload           TEXT   NOT NULL,
    traceparent       TEXT,
    occurred_at       BIGINT NOT NULL,
    attempts          BIGINT NOT NULL DEFAULT 0,
    next_attempt_at   BIGINT NOT NULL DEFAULT 0,
    sent_at           BIGINT
);
CREATE INDEX outbox_unsent ON outbox (aggregate_id, aggregate_version, ordinal) WHERE sent_at IS NULL;
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;

CREATE TABLE inbox (
    consumer          TEXT   NOT NULL,
    msg_id            TEXT   NOT NULL,
    aggregate_id      TEXT   NOT NULL,
    aggregate_version BIGINT NOT NULL,
    payload           TEXT,
    attempts          BIGINT NOT NULL DEFAULT 0,
    next_attempt_at   BIGINT NOT NULL DEFAULT 0,
    received_at       BIGINT NOT NULL,
    done_at           BIGINT,
    last_error        TEXT,
    PRIMARY KEY (consumer, msg_id)
);
CREATE INDEX inbox_due ON inbox (consumer, next_attempt_at, received_at) WHERE done_at IS NULL;
CREATE INDEX inbox_done ON inbox (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE dead_letter (
    msg_id          TEXT   NOT NULL,
    consumer        TEXT   NOT NULL,
    kind            TEXT   NOT NULL,
    aggregate_id    TEXT   NOT NULL,
    error           TEXT   NOT NULL,
    payload         TEXT   NOT NULL,
    attempts        BIGINT NOT NULL,
    first_failed_at BIGINT NOT NULL,
    replayable      BIGINT NOT NULL,
    PRIMARY KEY (consumer, msg_id)
);

-- Which replica's relay publishes which shard. `token` grows with every
-- change of hands.
CREATE TABLE relay_lease (
    shard      BIGINT NOT NULL PRIMARY KEY,
    owner      TEXT   NOT NULL,
    token      BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
INSERT INTO relay_lease (shard, owner, token, expires_at)
VALUES (0, '', 0, 0), (1, '', 0, 0), (2, '', 0, 0), (3, '', 0, 0), (4, '', 0, 0), (5, '', 0, 0), (6, '', 0, 0), (7, '', 0, 0),
       (8, '', 0, 0), (9, '', 0, 0), (10, '', 0, 0), (11, '', 0, 0), (12, '', 0, 0), (13, '', 0, 0), (14, '', 0, 0), (15, '', 0, 0);
CREATE TABLE relay_member (
    owner      TEXT   NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
