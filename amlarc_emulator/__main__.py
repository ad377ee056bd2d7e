"""`python -m amlarc_emulator`: see `amlarc_emulator`."""

from amlarc_emulator import options, server

if __name__ == "__main__":
    try:
        server.run(options.parse())
    except (OSError, ValueError) as error:
        raise SystemExit(f"amlarc_emulator: {error}") from None
