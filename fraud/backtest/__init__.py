"""The measuring stick: history replayed so that each payment meets only what was known before it."""
