"""Zero tolerance: one call, decided at once, told to the site when the handler says so or time is up."""
