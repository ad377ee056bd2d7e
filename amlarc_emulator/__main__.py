"""`python -m amlarc_emulator`: see `amlarc_emulator`."""

from amlarc_emulator import options, server


def main() -> None:
    """Serve until the end; exits with 1 and the reason if it cannot."""
    try:
        server.run(options.parse())
    except (OSError, ValueError) as error:
        raise SystemExit(f"amlarc-emulator: {error}") from None


if __name__ == "__main__":
    main()
