"""The copy: run -> folder -> batch. No Django, no SQL; ports and sinks are passed in."""
