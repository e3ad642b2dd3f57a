"""What the two kinds of database do each in its own way: a disk that takes nothing more, the index of a search.

full_disk     trouble with the disk, and a value that a column does not take, in words that people can act on
search_index  the trigram index of a search of the firm list, on PostgreSQL alone
table_statistics  what PostgreSQL plans by, after many new rows
"""
