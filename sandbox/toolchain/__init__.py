"""Tools beside the Python code: paths, set-up, Node and what npm brings."""
