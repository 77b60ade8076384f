/** Where a request goes: the account's base URL, and below it a path whose variable parts cannot become anything but one segment's text. */
import type { ErrorFacts } from "./errors.ts";
import { Terminal } from "./errors.ts";

/** Made by the tag `path` only. */
export interface Path {
  /** Encoded, relative to the base URL. */
  readonly encoded: string;
  /** With `{}` for each variable part, for error facts: `/apps/{}/config-vars`. */
  readonly pattern: string;
  /** False where a name in it is empty, or makes a segment that a URL reads as "here" or "one up": such a path is never sent. */
  readonly safe: boolean;
}

const DOTS = /^(\.|%2e){1,2}$/i;

/** `` path`/apps/${app}/config-vars` ``: each variable part is percent-encoded, slashes included. */
export function path(literals: TemplateStringsArray, ...parts: readonly string[]): Path {
  const encoded = literals.reduce(
    (text, literal, index) => text + encodeURIComponent((parts[index - 1] ?? "").toWellFormed()) + literal,
  );
  const safe = parts.every((part) => part !== "") && !encoded.split("/").some((segment) => DOTS.test(segment));
  return { encoded, pattern: literals.join("{}"), safe };
}

/** The parsed base URL. Throws `Terminal` `EndpointInvalid`; the message does not repeat the URL, which may hold a password. */
export function baseOf(baseUrl: string | undefined, facts: ErrorFacts): URL {
  const url = baseUrl === undefined ? null : URL.parse(baseUrl);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw endpointInvalid("The VendorAccount's endpoint is missing or no http(s) URL.", facts);
  }
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    throw endpointInvalid("The VendorAccount's endpoint must hold neither user, password nor fragment.", facts);
  }
  return url;
}

function endpointInvalid(message: string, facts: ErrorFacts): Terminal {
  const remedy = "Set `endpoint` to a plain URL, and name credentials in `auth` or `headers`.";
  return new Terminal({ reason: "EndpointInvalid", message, remedy }, facts);
}

/** Path and query on the wire. Throws `Terminal` `NameInvalid` for a path that is not safe. */
export function targetOf(base: URL, below: Path, query: Readonly<Record<string, string>>, facts: ErrorFacts): string {
  const prefix = base.pathname.replace(/\/+$/, "");
  const relative = below.encoded === "" ? base.pathname : `${prefix}/${below.encoded.replace(/^\//, "")}`;
  if (!below.safe) {
    throw new Terminal(
      {
        reason: "NameInvalid",
        message: "A name in the manifest is empty, `.` or `..`, which no URL can hold.",
        remedy: "Correct the name in the manifest.",
      },
      facts,
    );
  }
  const search = new URLSearchParams(base.search);
  for (const [name, value] of Object.entries(query)) search.append(name, value);
  return search.size === 0 ? relative : `${relative}?${search.toString()}`;
}
