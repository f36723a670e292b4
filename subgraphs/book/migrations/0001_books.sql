-- The catalogue and who holds copies of what. One text for SQLite and PostgreSQL (see kit's 0001_mailbox.sql).
CREATE TABLE book (
    id          TEXT   NOT NULL PRIMARY KEY,
    -- Never freed, not even by deletion: past loans and printed labels go on naming the book by it.
    barcode     TEXT   NOT NULL UNIQUE,
    isbn        TEXT   NOT NULL,
    title       TEXT   NOT NULL,
    author      TEXT   NOT NULL,
    copies      BIGINT NOT NULL CHECK (copies >= 1),
    available   BIGINT NOT NULL,
    rental_cost BIGINT NOT NULL CHECK (rental_cost >= 0),
    withdrawn   BIGINT NOT NULL CHECK (withdrawn IN (0, 1)),
    deleted     BIGINT NOT NULL CHECK (deleted IN (0, 1)),
    version     BIGINT NOT NULL,
    added_at    BIGINT NOT NULL,
    -- Lower case by Unicode's rules, which the two databases' own lower() do not share.
    title_key   TEXT   NOT NULL,
    author_key  TEXT   NOT NULL,
    CHECK (available >= 0 AND available <= copies)
);
CREATE INDEX book_by_title ON book (title_key, id);
CREATE INDEX book_by_author ON book (author_key, id);
CREATE INDEX book_by_rental_cost ON book (rental_cost, id);
CREATE INDEX book_by_age ON book (added_at, id);

-- What the book service answered for each borrowing, so that it answers the same again.
CREATE TABLE reservation (
    borrowing_id TEXT   NOT NULL PRIMARY KEY,
    book_id      TEXT   NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('HELD', 'REFUSED', 'RELEASED')),
    quantity     BIGINT NOT NULL,
    returned     BIGINT NOT NULL,
    rental_cost  BIGINT NOT NULL,
    reason       TEXT,
    CHECK (returned >= 0 AND returned <= quantity)
);
CREATE INDEX reservation_by_book ON reservation (book_id);

-- Which returns of a borrowing are back on the shelf: each restocks once.
CREATE TABLE restock (
    borrowing_id TEXT   NOT NULL,
    number       BIGINT NOT NULL,
    quantity     BIGINT NOT NULL,
    PRIMARY KEY (borrowing_id, number)
);
