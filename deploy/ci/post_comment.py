"""Post a Markdown file as a comment of a pull or merge request, or replace that of an earlier run.

In: a file, and the variables of GitHub's or GitLab's CI. Out: the number of the comment. The file
may come from a fork: it is text, is cut to `LIMIT`, and stands under a line that names its origin.
Nothing is installed: a job that may write runs Python's own library only.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

HEADING = "<!-- comparison -->\n*The code of this branch wrote this comparison.*\n\n"
LIMIT = 60_000  # characters; GitHub allows 65,536
PAGE = 100  # comments of an answer; both services allow no more
BOT = "github-actions[bot]"


@dataclass(frozen=True)
class Service:
    """Where a service keeps comments.

    Attributes:
        comments: Address of the comments of the request.
        one: Address of a comment, without its number.
        replace: HTTP method that replaces a comment.
        header: Header that authorizes.
    """

    comments: str
    one: str
    replace: str
    header: tuple[str, str]

    def call(self, method: str, address: str, body: str | None = None) -> Any:
        """Send a request, and return its answer."""
        return call(method, address, self.header, body)


def find_github(variables: Mapping[str, str]) -> Service:
    """Find the open pull request of a branch.

    The event of a fork does not name its pull request, and its file could name another.

    Raises:
        SystemExit: When no open pull request has the commit.
    """
    header = ("Authorization", f"Bearer {variables['GH_TOKEN']}")
    repository = f"{variables['GITHUB_API_URL']}/repos/{variables['GITHUB_REPOSITORY']}"
    branch = f"{variables['HEAD_OWNER']}:{variables['HEAD_BRANCH']}"
    pulls = call(
        "GET", f"{repository}/pulls?{urlencode({'state': 'open', 'head': branch})}", header
    )
    numbers = [each["number"] for each in pulls if each["head"]["sha"] == variables["HEAD_SHA"]]
    if not numbers:
        sys.exit(f"No open pull request of {branch} has {variables['HEAD_SHA']}: nothing to post.")
    comments = f"{repository}/issues/{numbers[0]}/comments"
    return Service(comments, f"{repository}/issues/comments", "PATCH", header)


def find_gitlab(variables: Mapping[str, str]) -> Service:
    """Find the merge request of a job."""
    project = f"{variables['CI_API_V4_URL']}/projects/{variables['CI_PROJECT_ID']}"
    notes = f"{project}/merge_requests/{variables['CI_MERGE_REQUEST_IID']}/notes"
    return Service(notes, notes, "PUT", ("PRIVATE-TOKEN", variables["COMMENT_TOKEN"]))


def post_comment(service: Service, text: str) -> Any:
    """Post a text, or replace the first comment that this script posted."""
    body = HEADING + (text if len(text) <= LIMIT else text[:LIMIT] + "\n\n*The rest is cut off.*")
    for comment in list_comments(service):
        if comment["body"].startswith(HEADING) and is_ours(comment):
            return service.call(service.replace, f"{service.one}/{comment['id']}", body)
    return service.call("POST", service.comments, body)


def list_comments(service: Service) -> Iterator[Mapping[str, Any]]:
    """Yield the comments of the request, page by page, the oldest first."""
    for page in count(1):
        found = service.call("GET", f"{service.comments}?per_page={PAGE}&sort=asc&page={page}")
        yield from found
        if len(found) < PAGE:
            return


def is_ours(comment: Mapping[str, Any]) -> bool:
    """Return whether a bot wrote a comment: GitHub's own, or that of a project token of GitLab."""
    if "user" in comment:
        return comment["user"]["login"] == BOT
    return "_bot" in comment["author"]["username"]


def call(method: str, address: str, header: tuple[str, str], body: str | None = None) -> Any:
    """Send a request with an optional comment, and return the answer as JSON."""
    data = None if body is None else json.dumps({"body": body}).encode()
    headers = dict([header]) | {"Content-Type": "application/json"}
    with urlopen(Request(address, data, headers, method=method), timeout=60) as answer:
        return json.load(answer)


def read_file(path: Path) -> str:
    """Read a file of an artifact.

    Raises:
        SystemExit: When it is a link, which could name a file of this machine.
    """
    if path.is_symlink() or not path.is_file():
        sys.exit(f"Not a regular file: {path}. Nothing is posted.")
    return path.read_text(encoding="utf-8", errors="replace")


def main(file: str) -> None:
    """Post a file."""
    text = read_file(Path(file))
    find_service = find_gitlab if "GITLAB_CI" in os.environ else find_github
    print(post_comment(find_service(os.environ), text)["id"])


if __name__ == "__main__":
    main(*sys.argv[1:])
