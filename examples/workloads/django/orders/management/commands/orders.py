"""`manage.py orders` runs each line of its standard input as a query."""

import sys

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from crdb_sso.errors import TokenUnavailable


class Command(BaseCommand):
    """Prints the first value that each query gets; connects anew for each, as requests do."""

    help = "runs each line of standard input as a query"

    def handle(self, **_):
        """Answer each line."""
        for query in sys.stdin:
            try:
                with connection.cursor() as cursor:
                    cursor.execute(query)
                    self.stdout.write(str(cursor.fetchone()[0]))
            except (DatabaseError, TokenUnavailable) as error:
                self.stderr.write(str(error))
            connection.close()
