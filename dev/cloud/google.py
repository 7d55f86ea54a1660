"""Google Cloud: service accounts, who may use them, enabled APIs."""

import hashlib
import re
from collections.abc import Iterator

from dev.cloud.kinds import Asked, Config, Function, Kind, Package, Problem
from dev.cloud.tokens import ACCOUNT, IAM_MEMBER, SERVICE
from dev.cloud.values import UNKNOWN, Values, has_unknown, known
from dev.cloud.world import DEFAULT_PROJECT, Refused, World

ACCOUNT_ROLES = (
    "roles/iam.serviceAccountOpenIdTokenCreator",
    "roles/iam.serviceAccountTokenCreator",
    "roles/iam.serviceAccountUser",
    "roles/iam.workloadIdentityUser",
)
MEMBER_PREFIXES = (
    "user:",
    "serviceAccount:",
    "group:",
    "domain:",
    "principal://",
    "principalSet://",
)

_ACCOUNT_ID = r"^[a-z](?:[-a-z0-9]{4,28}[a-z0-9])$"
_ACCOUNT_NAME = r"^projects/[^/]+/serviceAccounts/[^/@]+@[^/@]+$"
_LONGEST_ACCOUNT_ID = 30
_SUFFIX_DIGITS = 7


def project_of(inputs: Values, config: Config) -> str:
    """Return the project of a resource: its own, the provider's, or the stand-in's."""
    return str(inputs.get("project") or config.get("project") or DEFAULT_PROJECT)


def account_defaults(_world: World, asked: Asked, _config: Config) -> Values:
    """Return inputs with an account id, made from the resource's name if there is none."""
    if asked.news.get("accountId") is not None:
        return asked.news
    stem = asked.name.lower()[: _LONGEST_ACCOUNT_ID - _SUFFIX_DIGITS - 1]
    made = f"{stem}-{asked.random_suffix(_SUFFIX_DIGITS)}"
    return {**asked.news, "accountId": asked.olds.get("accountId", made)}


def account_problems(inputs: Values) -> Iterator[Problem]:
    """Yield that an account id breaks Google's rule."""
    account_id = known(inputs, "accountId")
    if isinstance(account_id, str) and not re.match(_ACCOUNT_ID, account_id):
        yield Problem(
            "accountId", f'"account_id" ("{account_id}") doesn\'t match regexp "{_ACCOUNT_ID}"'
        )


def planned_account(inputs: Values, config: Config) -> Values:
    """Return what follows from an account's id and project; its unique id never does."""
    project = project_of(inputs, config)
    if has_unknown(inputs.get("accountId")) or has_unknown(project):
        return {"project": project, "email": UNKNOWN, "member": UNKNOWN}
    email = f"{inputs['accountId']}@{project}.iam.gserviceaccount.com"
    return {"project": project, "email": email, "member": f"serviceAccount:{email}"}


def create_account(world: World, inputs: Values, config: Config) -> tuple[str, Values]:
    """Make a service account; if its name was used before, it still gets a new unique id."""
    planned = planned_account(inputs, config)
    name = f"projects/{planned['project']}/serviceAccounts/{planned['email']}"
    if name in world.objects:
        if inputs.get("createIgnoreAlreadyExists"):
            return name, world.objects[name].outputs
        raise Refused(
            "Error creating service account: googleapi: Error 409: Service account"
            f" {inputs['accountId']} already exists within project"
            f" projects/{planned['project']}., alreadyExists"
        )
    unique_id = world.fresh_unique_id()
    made = {"disabled": False, "deletionPolicy": "DELETE", "name": name, "uniqueId": unique_id}
    return name, {**made, **inputs, **planned}


def account_dependents(world: World, id_: str) -> Iterator[str]:
    """Yield the grants on an account: they are part of it."""
    for member_id, entry in world.of_type(IAM_MEMBER):
        if entry.inputs["serviceAccountId"] == id_:
            yield member_id


def member_problems(inputs: Values) -> Iterator[Problem]:
    """Yield what the provider checks about a grant before it asks Google."""
    account = known(inputs, "serviceAccountId")
    if isinstance(account, str) and not re.match(_ACCOUNT_NAME, account):
        reason = f'"service_account_id" ("{account}") doesn\'t match regexp "{_ACCOUNT_NAME}"'
        yield Problem("serviceAccountId", reason)
    member = known(inputs, "member")
    if isinstance(member, str) and not member.startswith(MEMBER_PREFIXES):
        prefixes = ", ".join(MEMBER_PREFIXES)
        yield Problem(
            "member", f"invalid value for member {member}: it starts with none of {prefixes}"
        )


def create_member(world: World, inputs: Values, _config: Config) -> tuple[str, Values]:
    """Grant a role on an account; granting it twice makes one grant."""
    account, role, member = inputs["serviceAccountId"], inputs["role"], inputs["member"]
    if account not in world.objects:
        raise Refused(
            "Error applying IAM policy for service account"
            f" '{account}': googleapi: Error 404: Unknown service account, notFound"
        )
    if role not in ACCOUNT_ROLES:
        raise Refused(
            f"Error applying IAM policy for service account '{account}': googleapi: Error 400:"
            f" Role {role} is not supported for this resource., badRequest"
        )
    etag = "Bw" + hashlib.sha256(world.fresh_guid().encode()).hexdigest()[:9] + "="
    return f"{account}/{role}/{member}", {**inputs, "etag": etag}


def create_service(_world: World, inputs: Values, config: Config) -> tuple[str, Values]:
    """Enable an API; it may be enabled already."""
    project = project_of(inputs, config)
    return f"{project}/{inputs['service']}", {**inputs, "project": project}


def find_account(world: World, args: Values, config: Config) -> Values:
    """Return an account by its email, name, account id or unique id."""
    asked, project = str(args["accountId"]), project_of(args, config)
    names = (asked, f"{asked}@{project}.iam.gserviceaccount.com")
    for id_, entry in world.of_type(ACCOUNT):
        found = entry.outputs
        if id_ == asked or found["email"] in names or found["uniqueId"] == asked:
            return {"displayName": "", **found, "id": id_}
    raise Refused(
        f'Error reading Service Account "{asked}": googleapi: Error 404: Unknown service account,'
        " notFound"
    )


def find_project(_world: World, args: Values, config: Config) -> Values:
    """Return a project; all projects exist."""
    project = str(args.get("projectId") or config.get("project") or DEFAULT_PROJECT)
    drawn = int(hashlib.sha256(project.encode()).hexdigest(), 16)
    number = 10**11 + drawn % (9 * 10**11)
    return {
        "autoCreateNetwork": False,
        "billingAccount": "",
        "deletionPolicy": "PREVENT",
        "effectiveLabels": {},
        "folderId": "",
        "id": f"projects/{project}",
        "labels": {},
        "name": project,
        "number": str(number),
        "orgId": "",
        "projectId": project,
        "pulumiLabels": {},
        "tags": {},
    }


def client_config(_world: World, _args: Values, config: Config) -> Values:
    """Return the provider's own settings; the token is worthless."""
    return {
        "accessToken": "ya29.stand-in",
        "defaultLabels": {},
        "id": f"projects/{project_of({}, config)}/regions//zones/",
        "project": project_of({}, config),
        "region": config.get("region", ""),
        "zone": config.get("zone", ""),
    }


def _missing_account(id_: str) -> Refused:
    return Refused(
        f"Error updating service account {id_}: googleapi: Error 404: Unknown service account,"
        " notFound"
    )


def _same_account_id(old: Values, new: Values) -> bool:
    return old.get("accountId") == new.get("accountId")


PACKAGE = Package(
    name="gcp",
    distribution="pulumi_gcp",
    kinds=(
        Kind(
            token=ACCOUNT,
            sdk="pulumi_gcp.serviceaccount:Account",
            create=create_account,
            replaces=frozenset({"accountId", "project"}),
            computed=("name", "uniqueId"),
            planned=planned_account,
            defaults=account_defaults,
            problems=account_problems,
            missing=_missing_account,
            dependents=account_dependents,
            stays=lambda inputs: inputs.get("deletionPolicy") == "ABANDON",
            delete_first=_same_account_id,
        ),
        Kind(
            token=IAM_MEMBER,
            sdk="pulumi_gcp.serviceaccount:IAMMember",
            create=create_member,
            replaces=frozenset({"serviceAccountId", "role", "member", "condition"}),
            computed=("etag",),
            problems=member_problems,
        ),
        Kind(
            token=SERVICE,
            sdk="pulumi_gcp.projects:Service",
            create=create_service,
            replaces=frozenset({"service", "project"}),
            planned=lambda inputs, config: {"project": project_of(inputs, config)},
            stays=lambda inputs: not inputs.get("disableOnDestroy"),
        ),
    ),
    functions=(
        Function(
            "gcp:serviceaccount/getAccount:getAccount",
            "pulumi_gcp.serviceaccount:get_account",
            find_account,
            required=("accountId",),
        ),
        Function(
            "gcp:organizations/getProject:getProject",
            "pulumi_gcp.organizations:get_project",
            find_project,
        ),
        Function(
            "gcp:organizations/getClientConfig:getClientConfig",
            "pulumi_gcp.organizations:get_client_config",
            client_config,
        ),
    ),
)
