"""What the project is developed and tried with; shares no code with the product."""
