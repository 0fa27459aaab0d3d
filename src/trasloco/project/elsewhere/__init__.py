"""What commands do with ``--server``: the same as on this machine, by the API of another Trasloco. Loads neither Django nor database."""
