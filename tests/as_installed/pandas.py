"""No pandas: no user's server has one, yet Arrow loads it in every process where it finds it."""

raise ModuleNotFoundError("this server runs as it is installed: without pandas", name="pandas")
