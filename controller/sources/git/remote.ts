import { Secret } from "../../../adapters/secret.ts";
import { SourceFailure } from "../failure.ts";

export interface GitLogin {
  readonly username: string;
  readonly password: Secret;
}

/** Where a repository is. `url` never holds a password and may be shown. */
export interface GitRemote {
  readonly url: string;
  readonly transport: "https" | "http" | "ssh" | "git" | "file";
  /** `https://host[:port]`, the only place that is told the login. */
  readonly origin?: string;
  /** The absolute path, for `file`. */
  readonly path?: string;
  readonly login?: GitLogin;
}

const PLAIN = /^[\x21-\x7e]+$/;
const SCP_LIKE = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!\/\/)[A-Za-z0-9/~_.][\x21-\x7e]*$/;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
/** Git hosts take any user name beside a token. */
const TOKEN_USER = "x-access-token";

/**
 * Reads the operator's remote: `https://`, `ssh://`, `git://`, `file://`, `user@host:path` or an absolute path. Plain `http://` is for
 * loopback only. `ext::` and everything else that would run a command, and anything that git could take for an option, is refused.
 * A login in an https URL is taken out of it; `token` wins over it. Throws `SourceFailure` `GitUrlInvalid`; no message holds the URL.
 */
export function parseRemote(text: string, token?: Secret): GitRemote {
  if (text.length > 2048 || text.startsWith("-") || text.includes("::")) throw refused();
  if (text.startsWith("/")) return local(text, text);
  if (!PLAIN.test(text)) throw refused();
  if (text.includes("://")) return byScheme(text, token);
  if (SCP_LIKE.test(text)) return { url: text, transport: "ssh" };
  throw refused();
}

function byScheme(text: string, token: Secret | undefined): GitRemote {
  const url = parsed(text);
  switch (url.protocol) {
    case "https:":
    case "http:":
      return web(url, token);
    case "ssh:":
    case "git:":
      return plain(text, url);
    case "file:":
      return url.host === "" ? local(text, decoded(url.pathname)) : raise();
    default:
      return raise();
  }
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : raise();
  return url.search === "" && url.hash === "" ? url : raise();
}

function raise(): never {
  throw refused();
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return raise();
  }
}

function web(url: URL, token: Secret | undefined): GitRemote {
  const transport = url.protocol === "https:" ? "https" : "http";
  if (transport === "http" && !LOOPBACK.has(url.hostname))
    throw refused("plain http would send the login and the manifests in clear; use https");
  const login = loginOf(url, token);
  url.username = "";
  url.password = "";
  return { url: url.href, transport, origin: url.origin, ...(login === undefined ? {} : { login }) };
}

function loginOf(url: URL, token: Secret | undefined): GitLogin | undefined {
  const username = decoded(url.username);
  const password = decoded(url.password);
  if (token !== undefined) return { username: username === "" ? TOKEN_USER : username, password: token };
  if (password !== "") return { username: username === "" ? TOKEN_USER : username, password: Secret.from(password) };
  // `https://<token>@host` is how many write a token.
  return username === "" ? undefined : { username: TOKEN_USER, password: Secret.from(username) };
}

function plain(text: string, url: URL): GitRemote {
  const options = url.hostname.startsWith("-") || url.username.startsWith("-") || url.pathname.startsWith("/-");
  if (options || url.hostname === "" || url.password !== "") throw refused();
  return { url: text, transport: url.protocol === "ssh:" ? "ssh" : "git" };
}

function local(url: string, path: string): GitRemote {
  if (!path.startsWith("/") || /\p{Cc}/u.test(path)) throw refused();
  return { url, transport: "file", path };
}

function refused(
  why = "it must be https://, ssh://, git://, file://, user@host:path or an absolute path",
): SourceFailure {
  return new SourceFailure("GitUrlInvalid", `The git URL is refused: ${why}.`, "Correct VELVET_GIT_URL.");
}

const BRANCH_CHARACTERS = /^[^\p{Cc} ~^:?*[\\]+$/u;

/** Returns a branch's name that git accepts and cannot take for anything else. Throws `SourceFailure` `GitBranchInvalid`. */
export function parseBranch(name: string): string {
  const parts = name.split("/");
  const fine =
    name.length <= 255 &&
    BRANCH_CHARACTERS.test(name) &&
    !name.startsWith("-") &&
    !name.endsWith(".") &&
    !name.includes("..") &&
    !name.includes("@{") &&
    parts.every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"));
  if (fine) return name;
  throw new SourceFailure("GitBranchInvalid", "The git branch is not a branch's name.", "Correct VELVET_GIT_BRANCH.");
}
