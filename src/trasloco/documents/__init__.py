"""What is handed out: reports and proofs as pages, figures in words. Values in, text out; below the panel and the command line."""
