"""The panel: pages for operators and their customers. No models of its own; reads and writes through ``records``."""
