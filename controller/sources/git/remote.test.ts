import { expect, it } from "vitest";
import { Secret } from "../../../adapters/secret.ts";
import { SourceFailure } from "../failure.ts";
import { parseBranch, parseRemote } from "./remote.ts";

it.each([
  ["https://git.example.test/team/repo.git", "https"],
  ["ssh://git@git.example.test:2222/team/repo.git", "ssh"],
  ["git@git.example.test:team/repo.git", "ssh"],
  ["git://127.0.0.1:9418/repo.git", "git"],
  ["file:///srv/repo.git", "file"],
  ["/srv/my repo.git", "file"],
  ["http://127.0.0.1:8080/repo.git", "http"],
])("takes %s as %s", (text, transport) => {
  expect(parseRemote(text)).toMatchObject({ transport, url: text });
});

it.each([
  "ext::sh -c touch% /tmp/x",
  "https://git.example.test/ext::x",
  "-uorigin",
  "--upload-pack=touch /tmp/x",
  "ssh://-oProxyCommand=x/repo",
  "ssh://git@-oProxyCommand=x/repo",
  "git@-oProxyCommand=x:repo",
  "git@host:-x",
  "fd::3",
  "http://git.example.test/repo.git",
  "ftp://git.example.test/repo.git",
  "file://host/srv/repo.git",
  "https://git.example.test/repo.git?x=y",
  "../relative",
  "repo.git",
  "",
  "/srv/a\nb",
  "https://git.example.test/%zz\u0000",
  "ssh://git:secret@git.example.test/repo.git",
])("refuses %j", (text) => {
  expect(() => parseRemote(text)).toThrow(SourceFailure);
});

it("takes a login out of the URL, and never says it", () => {
  const remote = parseRemote("https://ana:s%40cret@git.example.test/repo.git");
  expect(remote.url).toBe("https://git.example.test/repo.git");
  expect(remote.login?.username).toBe("ana");
  expect(remote.login?.password.reveal()).toBe("s@cret");
  expect(JSON.stringify(remote)).not.toContain("cret");
});

it("takes a lone user name in the URL as the token that it is", () => {
  const remote = parseRemote("https://ghp_abc@git.example.test/repo.git");
  expect(remote.url).not.toContain("ghp_abc");
  expect(remote.login?.password.reveal()).toBe("ghp_abc");
});

it("prefers a token that was given apart", () => {
  const remote = parseRemote("https://ana@git.example.test/repo.git", Secret.from("t0ken"));
  expect(remote.login).toMatchObject({ username: "ana" });
  expect(remote.login?.password.reveal()).toBe("t0ken");
});

it("never repeats a refused URL, which may hold a password", () => {
  expect(() => parseRemote("https://ana:s3cret@host/repo?x=1")).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("s3cret") }),
  );
});

it.each(["main", "release/1.2", "feature/ünïcode", "a@b"])("takes the branch %s", (name) => {
  expect(parseBranch(name)).toBe(name);
});

it.each([
  "-x",
  "",
  "a..b",
  "a b",
  "a:b",
  "a^",
  "a~1",
  "a*",
  "a?",
  "a[",
  "a\\b",
  "a@{1}",
  "a.lock",
  "/a",
  "a/",
  "a//b",
  ".a",
  "a.",
  "a\u0001b",
])("refuses the branch %j", (name) => {
  expect(() => parseBranch(name)).toThrow(SourceFailure);
});
