"""What will happen: Profile (what a person wrote), Plan (what will be done), Shard (one worker's part)."""
