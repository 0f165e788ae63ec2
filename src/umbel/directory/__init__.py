"""What the administrator configured, and finding out who or what a caller means."""
