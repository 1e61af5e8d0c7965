"""One ledger for several workers: the accountant has it, on a unix socket."""
