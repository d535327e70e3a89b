"""From a model's scores to tokens: options in, a result out, small strategies between.

    options.py      what may be chosen, and what a model's directory says about it
    processors.py   rules about the next token: penalties, blocked n-grams, forced tokens
    greedy.py       always the best token
    beams.py        several outputs side by side, the best kept
    generate.py     the loop
    sources.py      where in the document the model looked while it wrote

Token ids only: nothing here knows of text.
"""
