"""The one database: typed tables, how it is opened, and its migrations."""
