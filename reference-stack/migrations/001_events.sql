-- Up Migration
CREATE TABLE streams (
  stream text PRIMARY KEY
);

-- What was published, in order: the ledger, and the outbox from which Redis is filled.
CREATE TABLE events (
  stream text NOT NULL,
  seq bigint NOT NULL CHECK (seq > 0),
  class text NOT NULL,
  source text NOT NULL,
  version bigint NOT NULL,
  source_at_us bigint NOT NULL,
  published_at_us bigint NOT NULL,
  -- The vendor's cursor: where ingestion goes on after a restart, and why nothing is taken in twice.
  feed_n bigint NOT NULL UNIQUE,
  event jsonb NOT NULL,
  PRIMARY KEY (stream, seq)
);

-- Down Migration
DROP TABLE events;
DROP TABLE streams;
