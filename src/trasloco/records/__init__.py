"""What is remembered: models, every write as a verb, read models, the ledger, the vault for secrets."""
