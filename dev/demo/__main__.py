"""`make demo`: from a token to a SQL session and back, with nothing but this folder.

Starts the embedded cluster and the local issuer, and runs the project's own program through the
real `pulumi`, as a person would, on a stack that is new each time.
"""

import sys
from pathlib import Path

from dev.demo.stage import (
    STACK,
    Login,
    Project,
    Workload,
    explain,
    make_role,
    perform,
    say,
    show,
    show_refusal,
    start_servers,
)
from dev.processes import Processes

NEWCOMER = "night-shift"  # the subject that the change lets in


def tell(processes: Processes, folder: Path) -> None:
    """Tell the story step by step."""
    say("starting the embedded cluster and the local issuer, on loopback")
    cluster, issuer = start_servers(processes, folder)

    project = Project(processes, folder)
    user, login = project.subject_login()
    for role in project.roles():
        say(f"an operator creates the role {role}, which logins get")
        make_role(cluster["admin_url"], role)

    say(f"the stack `{STACK}` learns where the two are")
    project.configure(
        {
            "clusterUrl": cluster["admin_url"],
            "issuer": issuer.name,
            "issuerCaFile": issuer.ca_cert,
        }
    )
    say("pulumi up: users, identity map, keys, issuer and audience, in this order")
    project.pulumi("up", "--yes", "--skip-preview")

    say(f"a workload gets a token as {login.subject!r}, and logs in with it instead of a password")
    at = Workload(project.connect_url(user), cluster["ca_cert"])
    show(at.log_in(issuer.token(login)))

    say(f"a token as {NEWCOMER!r} does not open this login")
    newcomer = Login(NEWCOMER, login.audience)
    refused = issuer.token(newcomer)
    show(at.fail_to_log_in(refused))
    say("crdb-sso explain says why, and what to do")
    explain(processes, cluster, at, refused)
    say("the stack lets it in")
    project.add_subject(user, NEWCOMER)

    say("pulumi preview --diff: what would change")
    project.pulumi("preview", "--diff")
    say("pulumi up: apply it")
    project.pulumi("up", "--yes", "--skip-preview")
    say(f"{NEWCOMER!r} logs in")
    show(at.log_in(issuer.token(newcomer)))

    say("pulumi destroy: the settings become what they were, the users are dropped")
    project.pulumi("destroy", "--yes", "--skip-preview")
    say("the tokens no longer open anything")
    show_refusal(processes, cluster, at, issuer.token(login))


if __name__ == "__main__":
    sys.exit(perform(tell))
