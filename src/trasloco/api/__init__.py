"""The REST API: what a person can do in the panel, for programs. Same verbs, same rights, same words."""
