"""The models surface: what `GET /v1/models` says in OpenAI's shape, `auto` first."""

from routing.catalog import AUTO, Catalog, unknown_model


def listing(catalog: Catalog, created: int) -> dict[str, object]:
    """All models that a client may name."""
    names = [AUTO, *catalog.entries]
    return {"object": "list", "data": [_model(catalog, name, created) for name in names]}


def one(catalog: Catalog, name: str, created: int) -> dict[str, object]:
    """One model. Raises CallerError 404."""
    if name != AUTO and name not in catalog.entries:
        raise unknown_model(name, [AUTO, *catalog.entries])
    return _model(catalog, name, created)


def _model(catalog: Catalog, name: str, created: int) -> dict[str, object]:
    owner = "halfpenny" if name == AUTO else catalog.entries[name].provider
    return {"id": name, "object": "model", "created": created, "owned_by": owner}
