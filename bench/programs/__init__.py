"""Programs that copy mailboxes and run as processes of their own, so that each has its own costs."""
