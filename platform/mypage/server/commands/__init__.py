"""The subcommands of `mypage`, one module per subject."""
