"""Composition only: settings, the database, the command line. Nothing below imports this room."""
