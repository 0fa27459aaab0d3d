"""How dates and numbers are written where Django's own way would be read two ways (``FORMAT_MODULE_PATH``)."""
