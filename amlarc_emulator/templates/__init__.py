"""The language of ARM templates, pure: text to data, expressions, functions, and what a template says is deployed.

`relaxed` reads the JSON that ARM reads, comments included; `syntax` and `evaluation` are the expressions in brackets;
`functions` has what they can call; `parameters`, `copies` and `reading` turn a template into the resources it declares.
"""
