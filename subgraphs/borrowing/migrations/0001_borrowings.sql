-- A borrowing and its saga are one row: one lock, one save. Instants are BIGINT microseconds since 1970 (UTC);
-- saga_due_at follows the machine's clock, everything else the library's calendar.
CREATE TABLE borrowing (
    id                TEXT   NOT NULL PRIMARY KEY,
    user_id           TEXT   NOT NULL,
    book_id           TEXT   NOT NULL,
    quantity          BIGINT NOT NULL CHECK (quantity > 0),
    status            TEXT   NOT NULL CHECK (status IN ('PENDING', 'APPROVED', 'REJECTED', 'CANCELED', 'RETURNED')),
    rejection_reason  TEXT,
    returned_quantity BIGINT NOT NULL CHECK (returned_quantity >= 0),
    return_count      BIGINT NOT NULL,
    requested_at      BIGINT NOT NULL,
    decided_at        BIGINT,
    due_at            BIGINT,
    returned_at       BIGINT,
    late_fee          BIGINT NOT NULL CHECK (late_fee >= 0),
    rental_cost       BIGINT,
    -- How many events this borrowing has sent: 1, 2, 3 … without a gap.
    event_version     BIGINT NOT NULL,
    -- How often the row was saved; orders what it sends.
    revision          BIGINT NOT NULL,
    -- Who asked, and under which idempotency key. The fingerprint tells a repetition from another request.
    requested_by      TEXT   NOT NULL,
    request_id        TEXT   NOT NULL,
    fingerprint       TEXT   NOT NULL,
    saga_version      BIGINT NOT NULL,
    saga_name         TEXT   NOT NULL,
    saga_state        TEXT   NOT NULL,
    saga_due_at       BIGINT,
    UNIQUE (requested_by, request_id),
    CHECK (returned_quantity <= quantity),
    CHECK ((status = 'PENDING') = (decided_at IS NULL)),
    CHECK ((status = 'REJECTED') = (rejection_reason IS NOT NULL)),
    CHECK ((status IN ('APPROVED', 'RETURNED')) = (due_at IS NOT NULL AND rental_cost IS NOT NULL)),
    CHECK ((status = 'RETURNED') = (returned_at IS NOT NULL AND returned_quantity = quantity))
);
CREATE INDEX borrowing_of_user ON borrowing (user_id, id);
CREATE INDEX borrowing_of_book ON borrowing (book_id, id);
CREATE INDEX borrowing_open ON borrowing (user_id, book_id, due_at) WHERE status = 'APPROVED';
CREATE INDEX borrowing_saga_due ON borrowing (saga_due_at) WHERE saga_due_at IS NOT NULL;
CREATE INDEX borrowing_saga_open ON borrowing (saga_name, id) WHERE saga_name <> 'SETTLED';

-- What happened to a borrowing, in order.
CREATE TABLE timeline (
    borrowing_id TEXT   NOT NULL REFERENCES borrowing (id),
    number       BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    step         TEXT   NOT NULL,
    detail       TEXT   NOT NULL,
    message_id   TEXT,
    PRIMARY KEY (borrowing_id, number)
);

-- What the desk scans, learnt from the owners' events.
CREATE TABLE known_book (
    id      TEXT   NOT NULL PRIMARY KEY,
    barcode TEXT   NOT NULL,
    deleted BIGINT NOT NULL CHECK (deleted IN (0, 1)),
    version BIGINT NOT NULL
);
CREATE INDEX known_book_barcode ON known_book (barcode);
CREATE TABLE known_user (
    id      TEXT   NOT NULL PRIMARY KEY,
    card    TEXT   NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX known_user_card ON known_user (card);
