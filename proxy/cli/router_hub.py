"""`halfpenny router push` and `pull`: a trained folder to the Hugging Face hub, and from it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from proxy.cli.router_words import Refused
from proxy.hub import prepare

if TYPE_CHECKING:
    from argparse import _SubParsersAction

LEFT_OUT = ("checkpoints/*", "*.new")
"""What a run needs and nobody else."""


class Push:
    """The action `push`."""

    @staticmethod
    def add(actions: "_SubParsersAction[ArgumentParser]") -> None:
        """Declare it."""
        parser = actions.add_parser("push", help="upload a trained folder to the Hugging Face hub (HF_TOKEN)")
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="what `train` or `fit` wrote")
        parser.add_argument("repo", metavar="OWNER/REPO", help="it is made when it is not there")
        parser.add_argument("--private", action="store_true", help="only for those whom you let in")

    @staticmethod
    def run(args: Namespace, out: TextIO) -> None:
        """Upload. Raises Refused."""
        files = [path for path in args.folder.rglob("*") if path.is_file()] if args.folder.is_dir() else []
        if not {"config.json", "heads.json"} & {path.name for path in files}:
            raise Refused(f"{args.folder} holds neither a trained encoder nor heads: `train` or `fit` writes one")
        if not args.environ.get("HF_TOKEN"):
            raise Refused("HF_TOKEN is not set: make a token that may write on the hub's settings page")
        prepare(args.environ)
        commit = _hub(args.repo, _upload, args)
        print(f"{args.folder} is {args.repo} now: {commit}", file=out)


class Pull:
    """The action `pull`."""

    @staticmethod
    def add(actions: "_SubParsersAction[ArgumentParser]") -> None:
        """Declare it."""
        parser = actions.add_parser("pull", help="download a trained folder from the Hugging Face hub")
        parser.add_argument("repo", metavar="OWNER/REPO")
        parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to write")
        parser.add_argument("--revision", default="main", help="a branch, a tag or a commit (default: %(default)s)")

    @staticmethod
    def run(args: Namespace, out: TextIO) -> None:
        """Download. Raises Refused."""
        prepare(args.environ)
        _hub(args.repo, _download, args)
        use = f"routing: {{heads: {args.out}}}" if (args.out / "heads.json").is_file() else f"MODEL_PATH={args.out}"
        print(f"{args.repo} is in {args.out}. To use it:  {use}", file=out)


def _upload(args: Namespace) -> Any:
    from huggingface_hub import HfApi

    api = HfApi(token=args.environ["HF_TOKEN"])
    api.create_repo(args.repo, private=args.private, exist_ok=True)
    return api.upload_folder(
        repo_id=args.repo,
        folder_path=args.folder,
        ignore_patterns=list(LEFT_OUT),
        commit_message="Trained by Halfpenny",
    ).oid


def _download(args: Namespace) -> Any:
    from huggingface_hub import snapshot_download

    token = args.environ.get("HF_TOKEN") or False
    return snapshot_download(args.repo, revision=args.revision, local_dir=args.out, token=token)


def _hub(repo: str, do: Any, args: Namespace) -> Any:
    """Raises Refused."""
    from huggingface_hub import errors
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # of its HTTP library

    try:
        return do(args)
    except errors.GatedRepoError:
        raise Refused(f"{repo} is gated: accept its terms on its page, then set HF_TOKEN to a token of yours") from None
    except errors.RepositoryNotFoundError:
        raise Refused(f"there is no repository {repo}, or HF_TOKEN may not see it") from None
    except errors.RevisionNotFoundError:
        raise Refused(f"{repo} has no revision {args.revision}") from None
    except errors.HfHubHTTPError as error:
        status = getattr(error.response, "status_code", 0)
        why = "HF_TOKEN is wrong, or may not write there" if status in (401, 403) else str(error).splitlines()[0]
        raise Refused(f"{repo}: {why}") from None
    except (HTTPError, OSError, ValueError, RuntimeError) as error:
        raise Refused(f"{repo}: {error}") from None
