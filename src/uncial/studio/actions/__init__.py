"""What a job may do: each action takes a frozen config and gives a result."""
