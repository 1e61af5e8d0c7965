-- The book of record. Amounts are nano-dollars, `at` and `ended` epoch nanoseconds, windows epoch seconds.
CREATE TABLE rows (
    id text NOT NULL, k integer NOT NULL, at bigint NOT NULL, ended bigint NOT NULL, state text NOT NULL,
    key text NOT NULL, asked text NOT NULL, model text NOT NULL, provider text NOT NULL, sent text NOT NULL,
    answered text NOT NULL, amount bigint NOT NULL, cost bigint NOT NULL, overrun bigint NOT NULL,
    baseline bigint NOT NULL, input bigint NOT NULL, output bigint NOT NULL, cached bigint NOT NULL,
    reasoning bigint NOT NULL, usage_source text NOT NULL, outcome text NOT NULL, price_version text NOT NULL,
    scopes jsonb NOT NULL, owner text NOT NULL,
    PRIMARY KEY (id, k));
CREATE INDEX rows_expired ON rows (owner) WHERE state = 'expired';
-- A worker's life: the epoch it counts in, its last batch, when it was last heard; closed when it claims nothing more.
CREATE TABLE owners (
    owner text PRIMARY KEY, epoch bigint NOT NULL, batch bigint NOT NULL DEFAULT 0,
    heard timestamptz NOT NULL DEFAULT now(), closed boolean NOT NULL DEFAULT false, rules text NOT NULL DEFAULT '');
-- What each owner booked in each counter (the sum of its rows) and may still book. Owner '': corrections by late truth.
CREATE TABLE shares (
    rule text NOT NULL, "window" bigint NOT NULL, owner text NOT NULL,
    spent bigint NOT NULL DEFAULT 0, level bigint NOT NULL DEFAULT 0, version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (rule, "window", owner));
CREATE INDEX shares_owner ON shares (owner);
-- Marks that were passed: alerts told once, stops that latch.
CREATE TABLE marks (
    rule text NOT NULL, "window" bigint NOT NULL, kind text NOT NULL, mark bigint NOT NULL,
    PRIMARY KEY (rule, "window", kind, mark));
-- Lives of the counters: which Redis server carries them, and which counters were opened in that life.
CREATE TABLE epochs (number bigint PRIMARY KEY, server text NOT NULL, open boolean NOT NULL DEFAULT false);
CREATE TABLE counters (
    epoch bigint NOT NULL, rule text NOT NULL, "window" bigint NOT NULL,
    PRIMARY KEY (epoch, rule, "window"));
CREATE TABLE halfpenny (version integer NOT NULL);
