"""Takes secrets out of what goes into a bundle.

names.py says which names are those of secrets, text.py masks within texts, data.py within objects, encoded.py what is
encoded or looks drawn at random, known.py what was recognized somewhere wherever else it is. Rather too much is masked
than too little: a masked word is asked for again, a secret in a ticket has to be renewed.
"""
