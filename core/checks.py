"""System checks of the settings that can hurt, each with an id and a hint."""
