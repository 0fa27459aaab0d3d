"""Where a source is and how it lets us in: finding the server of an address, and the tokens of providers without passwords."""
