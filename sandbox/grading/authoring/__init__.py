"""Authoring: an assignment's one source, its three languages, and the checks that hold it.

An assignment's folder, ``courses/<course>/<unit>/<assignment>/``::

    course.yaml        titles, time, points, due rule, seed policy, outcomes and their tests
    <name>.ipynb       the one source: text, solutions, tests
    pictures/*.svg     pictures; their words are translated like the text
    guide.md           for teachers
    quiz.yaml          questions for practice, if there are any
    locale/<lang>.po   translations, keyed by the source text itself
    locale/signed.yaml who read a language through, when, and the hash of what

``blocks`` cuts Markdown into what a translator is given, ``texts`` gathers it from an
assignment, ``catalogues`` reads and renews the translations, ``signing`` says whether a
native reader stands behind them, ``languages`` builds what a student gets.
"""
