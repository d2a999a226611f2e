"""What we ask of the world, in our own words."""
