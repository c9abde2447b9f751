"""What `bin/run`, `bin/test`, `bin/check` and `bin/bench` share. Nothing in the product imports it."""
