"""A municipal portfolio in the form of the application-rationalisation tool."""
