"""What changes rows: one verb a function, called by Celery tasks, portal and commands alike."""
