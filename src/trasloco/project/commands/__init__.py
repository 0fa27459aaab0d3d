"""One module per command, named after it: its options, and what it says."""
