-- Users, their points, and the key their tokens are signed with.
-- One text for SQLite and PostgreSQL: ids are TEXT, instants are BIGINT microseconds since 1970 (UTC).
CREATE TABLE users (
    id             TEXT   NOT NULL PRIMARY KEY,
    -- Of what UserChanged tells; points are nobody else's and do not count.
    version        BIGINT NOT NULL CHECK (version >= 1),
    card           TEXT   NOT NULL UNIQUE,
    name           TEXT   NOT NULL,
    password_hash  TEXT   NOT NULL,
    role           TEXT   NOT NULL CHECK (role IN ('PATRON', 'LIBRARIAN', 'OPERATOR')),
    blocked        BIGINT NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1)),
    points         BIGINT NOT NULL DEFAULT 0 CHECK (points >= 0),
    ledger_entries BIGINT NOT NULL DEFAULT 0 CHECK (ledger_entries >= 0),
    created_at     BIGINT NOT NULL
);

-- Every change of a balance. `number` counts 1, 2, 3… per user, so that a page is a range of numbers.
CREATE TABLE ledger (
    user_id      TEXT   NOT NULL REFERENCES users (id),
    number       BIGINT NOT NULL CHECK (number >= 1),
    at           BIGINT NOT NULL,
    amount       BIGINT NOT NULL,
    balance      BIGINT NOT NULL CHECK (balance >= 0),
    reason       TEXT   NOT NULL CHECK (reason IN ('GRANT', 'CHARGE', 'REFUND', 'RETURN_CREDIT')),
    -- What the entry is for: a step of a borrowing, or a request of whoever granted it. Each happens once.
    borrowing_id TEXT,
    step         TEXT,
    granted_by   TEXT,
    request_id   TEXT,
    PRIMARY KEY (user_id, number),
    UNIQUE (borrowing_id, step),
    UNIQUE (granted_by, request_id),
    CHECK ((borrowing_id IS NULL) = (step IS NULL)),
    CHECK ((granted_by IS NULL) = (request_id IS NULL)),
    CHECK ((borrowing_id IS NULL) <> (granted_by IS NULL))
);

-- What became of a borrowing's charge; the row is what ChargePoints and RefundPoints of one borrowing queue for.
CREATE TABLE charge (
    borrowing_id TEXT   NOT NULL PRIMARY KEY,
    version      BIGINT NOT NULL,
    user_id      TEXT   NOT NULL,
    points       BIGINT NOT NULL DEFAULT 0 CHECK (points >= 0),
    state        TEXT   NOT NULL CHECK (state IN ('NEW', 'CHARGED', 'REFUSED', 'REFUNDED')),
    reason       TEXT
);

-- The one private key (PKCS#8, base64), made by whichever replica starts first.
CREATE TABLE signing_key (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    pkcs8      TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
