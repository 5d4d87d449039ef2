"""Where records come from: the public REST API by polling (direct)."""
