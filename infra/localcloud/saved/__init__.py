"""What a run leaves for the next: one SQLite file that holds every item, object, message and unread record."""
