"""The REST API from the other side: what a program needs to ask another Trasloco. Own rooms are not used, but for ``secret``."""
