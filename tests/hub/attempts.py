"""What is tried from inside a user's server."""

REACHED = "REACHED"


def refused(inside, expression, *errors):
    """Hold a cell to end with one of these errors; ``OSError`` where none is named."""
    names = ", ".join(errors or ("OSError",))
    answer = inside(f"""
        try:
            {expression}
            print("{REACHED}")
        except ({names}) as error:
            print(type(error).__name__)
    """)
    assert REACHED not in answer, answer
