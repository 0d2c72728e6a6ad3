"""Create a database on the server whose socket lies in a folder: FOLDER NAME."""

import sys

import psycopg

folder, name = sys.argv[1:]
with psycopg.connect(f"postgresql://postgres:@/postgres?host={folder}", autocommit=True) as connection:
    connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
