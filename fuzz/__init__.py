"""Coverage-guided fuzzing of what strangers make us read: ``make fuzz``.

Each target is a module with ``seeds()``, inputs to begin with, ``TOKENS``, pieces to make others of, and ``check(data)``, which
raises when something is wrong. The targets need nothing but the product: the tests run them over their seeds and over every case
that was ever found. Only ``fuzz.one`` loads atheris.
"""
