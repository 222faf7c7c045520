"""What happened: samples, counts at histogram resolution, the ledger, and the Result."""
