"""The ledger: holds, rows and windows."""
