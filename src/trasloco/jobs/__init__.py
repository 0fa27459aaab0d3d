"""Work in the background: the task, its admission, lost-worker recovery, the worker. May see records and engine."""
