"""The city that the program is run for, out of its file: data/city.yaml, or the one that GOLDSEED_CITY names.

    file_reader.py -> city_file.py -> in_force.py

`city_file.read_city` reads a file and refuses what cannot be meant; `in_force.city()` is the one that this process
works for. The districts are `pipeline.districts.DISTRICTS`.
"""
