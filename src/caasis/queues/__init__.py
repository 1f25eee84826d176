"""What waits for a person and who is there to take it: work items, queues, skills, agents' states."""
