"""Secrets are masked before a record is stored; mathematics and code are left alone."""

import json
from collections import Counter

import pytest

from midthought.ingest.formats.json_line import canonical_json
from midthought.ingest.secrets import has_check_digit, mask_secrets, mask_text
from midthought.memory.records.trajectory import Trajectory

# Put together here, so that no file of the project holds what looks like a secret.
SECRETS = [
    ("-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEabc\n-----END " + "RSA PRIVATE KEY-----", "private key", ""),
    ("use AKIA" + "IOSFODNN7EXAMPLE now", "cloud key", "use "),
    ("export KEY=sk-" + "ant-api03-abcdefghijklmnop1234", "service token", "export KEY="),
    ("git clone with ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789", "service token", "git clone with "),
    ("eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijklmnop", "signed token", ""),
    ("Authorization: Bearer " + "abcdefghij0123456789xyz", "bearer token", "Authorization: Bearer "),
    ("postgres://admin:" + "hunter2@db.example.com/x", "password in an address", "postgres://admin:"),
    ("my password is " + "Tr0ub4dor&3.", "password", "my password is "),
    ("DB_PASSWORD=" + "s3cretpw", "password", "DB_PASSWORD="),
    ("password = '" + "hunter-2!'", "password", "password = '"),
    ('"client_secret": "' + 'q1w2e3r4t5y6u7i8o9"', "key", '"client_secret": "'),
    ("api_key=" + "abcd1234efgh5678ijkl", "key", "api_key="),
    ("pay with 4111 1111 1111 " + "1111 today", "card number", "pay with "),
    ("amex 3782-822463-" + "10005", "card number", "amex "),
    ("my card is 5500000000" + "000004", "card number", "my card is "),
]


@pytest.mark.parametrize(("text", "kind", "before"), SECRETS)
def test_secrets_are_masked_once(text: str, kind: str, before: str) -> None:
    """The secret goes, the words around it stay, it is counted, and masking again changes nothing."""
    found: Counter[str] = Counter()
    masked = mask_text(text, found)
    assert masked.startswith(f"{before}[masked: {kind}]")
    assert found == {kind: 1}
    again: Counter[str] = Counter()
    assert mask_text(masked, again) == masked
    assert not again


@pytest.mark.parametrize(
    "text",
    [
        "password = input('Enter your password: ')",
        "if len(password) < 8: return 'password: required'",
        "The password is required, and the token is a word.",
        "token = tokens[index]; secret = compute_secret(a1, b2)",
        "api_key = os.environ['SERVICE_API_KEY']",
        "access_token = response.json()['access_token']",
        "2^61 - 1 = 2305843009213693951 and 4111111111111111 / 3",
        "0.4111111111111111 is near 4111111111111111.5",
        "the digits 1234 5678 9012 3456 are no card",
        "a key of risk-free assets; task-oriented; sk-learn; hf_model",
        "see https://example.com:8080/a@b and mailto:me@example.com",
        "Let K be the secret key 17 and p = 104729 a prime.",
        "sha256 = e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "eyJ is no token. The pwd command prints a path: pwd: /home/user1",
    ],
)
def test_mathematics_code_and_prose_are_left_alone(text: str) -> None:
    """Variables and calls named after secrets, large numbers, digests and addresses are none."""
    found: Counter[str] = Counter()
    assert mask_text(text, found) == text
    assert not found


def test_all_texts_of_a_trajectory_are_masked() -> None:
    """Question, thought, answer, gold and metadata; there a field that is called a secret is one."""
    password = "hunter-" + "2!x"
    text = f"password: '{password}'"
    metadata = canonical_json({"password": password, "deep": [{"note": text}], "tokens": 7})
    masked, found = mask_secrets(Trajectory(text, text, text, text, metadata=metadata))
    assert password not in json.dumps([masked.question, masked.thought, masked.answer, masked.gold, masked.metadata])
    assert found == {"password": 6}
    assert json.loads(masked.metadata)["tokens"] == 7
    assert mask_secrets(masked) == (masked, Counter())


def test_what_holds_no_secret_is_the_same_trajectory() -> None:
    """Nothing is copied, and the id stays."""
    trajectory = Trajectory("How many?", "Seven.", metadata='{"b":1,"a":2}')
    assert mask_secrets(trajectory) == (trajectory, Counter())


def test_the_check_digit() -> None:
    """The published test numbers of card issuers have it; a change of one digit breaks it."""
    assert has_check_digit("4111" + "111111111111")
    assert has_check_digit("378282" + "246310005")
    assert not has_check_digit("4111" + "111111111112")
