"""Filters of the mails."""
