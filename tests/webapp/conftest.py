"""The pages under test: an application on an empty database, people who are signed in, a browser that checks."""
