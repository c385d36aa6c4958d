"""The commands: `app` lists them with their options, and each file does what one of them promises."""
