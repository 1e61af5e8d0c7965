"""The grown ledger: Redis for counters, Postgres as the book of record, leased slices and a journal in each worker."""
