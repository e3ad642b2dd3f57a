"""What firms object to, for those who answer: page.py; files.py gives out what is attached."""
