-- What mypage keeps: the fold of borrowing's and book's events, and each member's stream of loan events.
-- Every table but projection can be rebuilt from the owners.

-- One row. The epoch names this making of the projection: a rebuild begins a new one, and cursors of another are void.
CREATE TABLE projection (
    id    BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch BIGINT NOT NULL
);

CREATE TABLE book (
    id          TEXT   NOT NULL PRIMARY KEY,
    version     BIGINT NOT NULL,
    title       TEXT   NOT NULL,
    status      TEXT   NOT NULL CHECK (status IN ('AVAILABLE', 'ON_LOAN', 'UNAVAILABLE')),
    rental_cost BIGINT NOT NULL,
    deleted     BIGINT NOT NULL CHECK (deleted IN (0, 1))
);
CREATE INDEX book_listed ON book (title, id) WHERE deleted = 0;

-- rented_at: when it was approved, so null for a loan that never was. due_at: null unless copies are out.
-- announced: the latest version that the member's stream has told of.
CREATE TABLE loan (
    id           TEXT   NOT NULL PRIMARY KEY,
    user_id      TEXT   NOT NULL,
    book_id      TEXT   NOT NULL,
    version      BIGINT NOT NULL CHECK (version > 0),
    announced    BIGINT NOT NULL,
    status       TEXT   NOT NULL CHECK (status IN ('PENDING', 'APPROVED', 'REJECTED', 'CANCELED', 'RETURNED')),
    quantity     BIGINT NOT NULL,
    returned     BIGINT NOT NULL,
    late_fee     BIGINT NOT NULL,
    requested_at BIGINT NOT NULL,
    rented_at    BIGINT,
    due_at       BIGINT,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX loan_of_member ON loan (user_id, requested_at, id);
CREATE INDEX loan_recent ON loan (book_id, rented_at, id);
CREATE INDEX loan_due ON loan (book_id, due_at);

-- seq: the number of the latest event of the member's stream.
CREATE TABLE member (
    user_id   TEXT   NOT NULL PRIMARY KEY,
    seq       BIGINT NOT NULL,
    on_loan   BIGINT NOT NULL CHECK (on_loan >= 0),
    late_fees BIGINT NOT NULL CHECK (late_fees >= 0)
);

CREATE TABLE stream_event (
    user_id      TEXT   NOT NULL,
    seq          BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    kind         TEXT   NOT NULL,
    status       TEXT   NOT NULL,
    borrowing_id TEXT   NOT NULL,
    stored_at    BIGINT NOT NULL,
    PRIMARY KEY (user_id, seq)
);
CREATE INDEX stream_event_age ON stream_event (stored_at);
