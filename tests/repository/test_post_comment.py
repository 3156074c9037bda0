"""The comment of a pull or merge request: where it goes, what it replaces, and what it refuses."""

from pathlib import Path
from typing import Any

import pytest

from deploy.ci.post_comment import HEADING, LIMIT
from tests.repository.recorder import Api, run_script, serve

HEAD = "a" * 40
PULLS, COMMENTS = "/repos/acme/churn/pulls", "/repos/acme/churn/issues/7/comments"
NOTES = "/projects/3/merge_requests/7/notes"
OLD = HEADING + "of yesterday"


def post_to_github(api: Api, file: Path, sha: str = HEAD) -> tuple[int, str]:
    done = run_script(
        "post_comment.py", str(file), folder=file.parent, GITHUB_API_URL=api.address,
        GITHUB_REPOSITORY="acme/churn", GH_TOKEN="secret", HEAD_OWNER="ada",
        HEAD_BRANCH="new&base=evil", HEAD_SHA=sha,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def describe_github(*comments: dict[str, Any]) -> dict[tuple[str, str], Any]:
    return {
        ("GET", PULLS): [
            {"number": 6, "head": {"sha": "b" * 40}},
            {"number": 7, "head": {"sha": HEAD}},
        ],
        ("GET", COMMENTS): list(comments),
        ("POST", COMMENTS): {"id": 1},
        ("PATCH", "/repos/acme/churn/issues/comments/5"): {"id": 5},
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "comparison.md"
    path.write_text("| metric | change |\n")
    return path


def test_the_pull_request_is_found_by_the_branch_and_commit_of_the_event(file: Path) -> None:
    with serve(describe_github()) as api:
        assert post_to_github(api, file) == (0, "1\n")
    method, path, headers, _ = api.requests[0]
    assert (method, path) == ("GET", f"{PULLS}?state=open&head=ada%3Anew%26base%3Devil")
    assert headers["Authorization"] == "Bearer secret"
    assert api.list_writes() == [("POST", COMMENTS, {"body": HEADING + file.read_text()})]


def test_a_later_run_replaces_its_own_comment_and_no_other(file: Path) -> None:
    copied = {"id": 4, "body": OLD, "user": {"login": "ada"}}
    other = {"id": 3, "body": "Welcome", "user": {"login": "github-actions[bot]"}}
    ours = {"id": 5, "body": OLD, "user": {"login": "github-actions[bot]"}}
    with serve(describe_github(other, copied, ours)) as api:
        assert post_to_github(api, file)[0] == 0
    [(method, path, _)] = api.list_writes()
    assert (method, path) == ("PATCH", "/repos/acme/churn/issues/comments/5")


def test_the_comment_is_found_after_more_than_a_page_of_others(file: Path) -> None:
    others = [{"id": n, "body": "Hi", "user": {"login": "ada"}} for n in range(100, 300)]
    ours = {"id": 5, "body": OLD, "user": {"login": "github-actions[bot]"}}
    with serve(describe_github(*others, ours)) as api:
        assert post_to_github(api, file)[0] == 0
    assert [method for method, _, _ in api.list_writes()] == ["PATCH"]


def test_a_commit_without_an_open_pull_request_posts_nothing(file: Path) -> None:
    with serve(describe_github()) as api:
        code, output = post_to_github(api, file, "c" * 40)
    assert (code, api.list_writes()) == (1, [])
    assert "No open pull request of ada:new&base=evil" in output


def test_a_link_in_the_artifact_is_not_followed(tmp_path: Path) -> None:
    link = tmp_path / "link.md"
    link.symlink_to("/proc/self/environ")
    with serve(describe_github()) as api:
        code, output = post_to_github(api, link)
    assert (code, api.requests) == (1, [])
    assert "Not a regular file" in output


def test_a_long_file_is_cut_and_bytes_that_are_no_text_are_replaced(file: Path) -> None:
    file.write_bytes(b"\xff" + b"x" * 2 * LIMIT)
    with serve(describe_github()) as api:
        assert post_to_github(api, file)[0] == 0
    [(_, _, sent)] = api.list_writes()
    assert LIMIT < len(sent["body"]) < 65_536
    assert sent["body"].endswith("*The rest is cut off.*")


@pytest.mark.parametrize(
    ("author", "writes"),
    [("project_3_bot_ab12", ("PUT", f"{NOTES}/5")), ("ada", ("POST", NOTES))],
)
def test_gitlab_gets_a_note_that_later_runs_replace(
    file: Path, author: str, writes: tuple[str, str]
) -> None:
    answers = {
        ("GET", NOTES): [{"id": 5, "body": OLD, "author": {"username": author}}],
        ("POST", NOTES): {"id": 6},
        ("PUT", f"{NOTES}/5"): {"id": 5},
    }
    with serve(answers) as api:
        done = run_script(
            "post_comment.py", str(file), folder=file.parent, GITLAB_CI="true",
            CI_API_V4_URL=api.address, CI_PROJECT_ID="3", CI_MERGE_REQUEST_IID="7",
            COMMENT_TOKEN="secret",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [(method, path) for method, path, _ in api.list_writes()] == [writes]
    assert api.requests[0][2]["Private-Token"] == "secret"
