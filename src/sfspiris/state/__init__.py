"""What we remember between runs, and the only SQL in the project.

`schema` is today's tables, `migrations` how older files get there, `store` opens the file, and one module each keeps
intents (`journal`), ids that belong together (`links`), reading positions (`cursors`), waiting deals (`holds`), cached
descriptions (`catalog`) and the runs themselves (`runs`). Everything that holds for SQLite alone is in `sqlite`.
"""
