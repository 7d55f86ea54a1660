"""Entra ID: applications and their identifier URIs."""

import base64
from collections.abc import Iterator

from dev.cloud.kinds import Config, Kind, echoed
from dev.cloud.tokens import APPLICATION, IDENTIFIER_URI, SERVICE_PRINCIPAL
from dev.cloud.values import Values
from dev.cloud.world import Entry, Refused, World

_APPLICATION_COMPUTED = (
    "appRoleIds",
    "clientId",
    "disabledByMicrosoft",
    "logoUrl",
    "oauth2PermissionScopeIds",
    "objectId",
    "publisherDomain",
)


def create_application(world: World, inputs: Values, _config: Config) -> tuple[str, Values]:
    """Register an application; its ids are new each time."""
    _refuse_taken_uris(world, "", inputs.get("identifierUris", []))
    object_id = world.fresh_guid()
    made = {
        "clientId": world.fresh_guid(),
        "disabledByMicrosoft": "",
        "logoUrl": "",
        "objectId": object_id,
        "publisherDomain": "contoso.example",
        "signInAudience": "AzureADMyOrg",
    }
    return f"/applications/{object_id}", {**made, **inputs, **_role_and_scope_ids(inputs)}


def update_application(
    world: World, id_: str, news: Values, olds: Values, _config: Config
) -> Values:
    """Change an application; a new list also removes identifier URIs of other resources."""
    entry = world.objects[id_]
    outputs = {**echoed(entry.outputs, news, olds), **_role_and_scope_ids(news)}
    if news.get("identifierUris") == olds.get("identifierUris"):
        outputs["identifierUris"] = _uris(entry)
        return outputs
    uris = news.get("identifierUris", [])
    _refuse_taken_uris(world, id_, uris)
    for other in [i for i, e in world.of_type(IDENTIFIER_URI) if e.inputs["applicationId"] == id_]:
        if world.objects[other].inputs["identifierUri"] not in uris:
            del world.objects[other]
    return {**outputs, "identifierUris": list(uris)}


def read_application(entry: Entry) -> Values:
    """Return an application's inputs, with all its identifier URIs, whoever added them."""
    return {**entry.inputs, "identifierUris": _uris(entry)} if _uris(entry) else entry.inputs


def application_dependents(world: World, id_: str) -> Iterator[str]:
    """Yield an application's service principal and identifier URIs."""
    client_id = world.objects[id_].outputs["clientId"]
    for other, entry in world.objects.items():
        if entry.type == IDENTIFIER_URI and entry.inputs["applicationId"] == id_:
            yield other
        if entry.type == SERVICE_PRINCIPAL and entry.outputs["clientId"] == client_id:
            yield other


def create_identifier_uri(world: World, inputs: Values, _config: Config) -> tuple[str, Values]:
    """Add a URI to an application."""
    application, uri = inputs["applicationId"], inputs["identifierUri"]
    entry = world.objects.get(application)
    if entry is None or entry.type != APPLICATION:
        raise not_there(application.removeprefix("/applications/"))
    _refuse_taken_uris(world, application, [uri])
    if uri in _uris(entry):
        raise Refused(f"an identifier URI {uri} exists already on the application {application}")
    entry.outputs["identifierUris"] = [*_uris(entry), uri]
    coded = base64.b64encode(uri.encode()).decode()
    return f"{application}/identifierUris/{coded}", dict(inputs)


def delete_identifier_uri(world: World, entry: Entry) -> None:
    """Remove a URI from its application, which may already be gone."""
    application = world.objects.get(entry.inputs["applicationId"])
    if application is not None:
        uris = [uri for uri in _uris(application) if uri != entry.inputs["identifierUri"]]
        application.outputs["identifierUris"] = uris


def find_application(world: World, args: Values, _config: Config) -> Values:
    """Return an application by client id, object id, name or identifier URI."""
    wanted = {name: value for name, value in args.items() if value is not None}
    uri = wanted.pop("identifierUri", None)
    for id_, entry in world.of_type(APPLICATION):
        found = entry.outputs
        same = all(found.get(name) == value for name, value in wanted.items())
        if (wanted or uri) and same and (uri is None or uri in _uris(entry)):
            api = found.get("api")
            return {
                **found,
                "id": id_,
                "apis": [api] if api else [],
                "appRoles": found.get("appRoles", []),
                "identifierUris": _uris(entry),
            }
    said = ", ".join(f"{name} {value!r}" for name, value in args.items()) or "no filter"
    raise Refused(f"Application not found: none matches {said}")


def _renewed_by_update(olds: Values, news: Values) -> tuple[str, ...]:
    roles = ("appRoleIds",) if olds.get("appRoles") != news.get("appRoles") else ()
    scopes = ("oauth2PermissionScopeIds",) if olds.get("api") != news.get("api") else ()
    return roles + scopes


def _role_and_scope_ids(inputs: Values) -> Values:
    """Return the ids of an application's roles and scopes by their values."""
    roles = inputs.get("appRoles", [])
    scopes = inputs.get("api", {}).get("oauth2PermissionScopes", [])
    return {
        "appRoleIds": {role["value"]: role["id"] for role in roles if role.get("value")},
        "oauth2PermissionScopeIds": {s["value"]: s["id"] for s in scopes if s.get("value")},
    }


def _refuse_taken_uris(world: World, application: str, uris: list[str]) -> None:
    for id_, entry in world.of_type(APPLICATION):
        if id_ != application and set(uris) & set(_uris(entry)):
            raise Refused(
                "unexpected status 400 (400 Bad Request) with error: Request_BadRequest: Another"
                " object with the same value for property identifierUris already exists."
            )


def _uris(entry: Entry) -> list[str]:
    return list(entry.outputs.get("identifierUris", []))


def not_there(object_id: str) -> Refused:
    """Return what Graph says about an object that does not exist."""
    return Refused(
        "unexpected status 404 (404 Not Found) with error: Request_ResourceNotFound: Resource"
        f" '{object_id}' does not exist or one of its queried reference-property objects are not"
        " present."
    )


APPLICATION_KIND = Kind(
    token=APPLICATION,
    sdk="pulumi_azuread:Application",
    create=create_application,
    replaces=frozenset({"templateId"}),
    computed=_APPLICATION_COMPUTED,
    renewed=_renewed_by_update,
    update=update_application,
    missing=not_there,
    read=read_application,
    dependents=application_dependents,
)

IDENTIFIER_URI_KIND = Kind(
    token=IDENTIFIER_URI,
    sdk="pulumi_azuread:ApplicationIdentifierUri",
    create=create_identifier_uri,
    replaces=frozenset({"applicationId", "identifierUri"}),
    deleted=delete_identifier_uri,
)
