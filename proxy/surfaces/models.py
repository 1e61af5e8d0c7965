"""The models surface: what `GET /v1/models` says in OpenAI's shape, `auto` first."""

from routing.catalog import Catalog, Entry


def listing(catalog: Catalog, created: int) -> dict[str, object]:
    """All models that a client may name."""
    names = catalog.listed()
    return {"object": "list", "data": [_model(catalog, name, created) for name in names]}


def one(catalog: Catalog, name: str, created: int) -> dict[str, object]:
    """One model. Raises CallerError 404."""
    catalog.meaning(name)
    return _model(catalog, name, created)


def _model(catalog: Catalog, name: str, created: int) -> dict[str, object]:
    meaning = catalog.meaning(name)
    owner = meaning.provider if isinstance(meaning, Entry) else "halfpenny"
    return {"id": name, "object": "model", "created": created, "owned_by": owner}
