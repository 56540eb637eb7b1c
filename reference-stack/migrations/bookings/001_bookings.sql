-- Up Migration
-- The bookings of the events of one shard.
CREATE TABLE bookings (
  -- Follows from event, buyer and key; also the key under which the provider is asked for the charge.
  booking text PRIMARY KEY,
  event text NOT NULL,
  buyer text NOT NULL,
  -- The buyer's own: one wish, however often it is said.
  key text NOT NULL,
  hold text NOT NULL,
  seats text[] NOT NULL CHECK (cardinality(seats) > 0),
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  -- The provider's token of a card, so that whoever drives the booking on can ask for the same charge again.
  card text NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'confirmed', 'declined', 'refunded', 'failed')),
  -- Decided before the charge is called off: from then on nobody confirms it.
  giving_up boolean NOT NULL DEFAULT false,
  charge text,
  created_at_us bigint NOT NULL,
  changed_at_us bigint NOT NULL,
  UNIQUE (event, buyer, key),
  -- A hold is paid for once, whoever asks.
  UNIQUE (event, hold)
);

-- What the worker drives on.
CREATE INDEX bookings_pending ON bookings (event, changed_at_us) WHERE state = 'pending';

-- Down Migration
DROP TABLE bookings;
