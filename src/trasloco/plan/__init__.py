"""Pure decisions: CSV table -> rows and problems; folder roles and names as data. No I/O."""
