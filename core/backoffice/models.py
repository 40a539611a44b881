"""No tables. Django sends `post_migrate` only for apps with this module, and the roles wait for it."""
