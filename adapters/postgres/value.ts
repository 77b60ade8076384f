/**
 * A value's fields and its URL. Pure.
 *
 * A URL is read as libpq reads it: parts may be percent-encoded, several hosts are a comma list, user and password may also stand among
 * the parameters, and without a database it is named like the user.
 */
import { Secret, type SecretFields } from "../secret.ts";

export const FIELDS = ["user", "password", "host", "port", "database", "url"] as const;
export const PUBLIC_FIELDS = ["user", "host", "port", "database"] as const;

export type FullValue = Readonly<Record<(typeof FIELDS)[number], Secret>>;

/** Where a server is, as text: several hosts and ports are comma lists of equal length. */
export interface Place {
  readonly host: string;
  readonly port: string;
  readonly database: string;
}

export interface Parts extends Partial<Place> {
  readonly user?: string;
  readonly password?: string;
  /** `postgres` or `postgresql`. */
  readonly scheme?: string;
  /** With its `?`, or empty. */
  readonly search?: string;
}

const URL_FORM = /^(postgres(?:ql)?):\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(\?[^#]*)?$/;

/** Undefined for what is no such URL. */
export function parseUrl(url: string): Parts | undefined {
  const [, scheme, login, hosts = "", path, search = ""] = URL_FORM.exec(url) ?? [];
  if (scheme === undefined) return undefined;
  const params = new URLSearchParams(search);
  const { user, password } = parseLogin(login ?? "", params);
  const database = params.get("dbname") ?? decoded(path || undefined) ?? user;
  return { scheme, search, ...parseHosts(hosts, params), ...present({ user, password, database }) };
}

function parseLogin(login: string, params: URLSearchParams): Pick<Parts, "user" | "password"> {
  const [, name, word] = /^([^:]*)(?::(.*))?$/s.exec(login) ?? [];
  const user = params.get("user") ?? decoded(name || undefined);
  const password = params.get("password") ?? decoded(word);
  return present({ user, password });
}

function present<Name extends string>(texts: Record<Name, string | undefined>): Partial<Record<Name, string>> {
  const there = Object.entries(texts).filter(([, text]) => text !== undefined);
  return Object.fromEntries(there) as Partial<Record<Name, string>>;
}

function parseHosts(hosts: string, params: URLSearchParams): Partial<Place> {
  const pairs = hosts.split(",").map((each) => /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(each));
  const host = params.get("host") ?? pairs.map((pair) => decoded(pair?.[1]?.replace(/^\[|\]$/g, ""))).join(",");
  const port = params.get("port") ?? pairs.map((pair) => pair?.[2] || "5432").join(",");
  return host === "" ? {} : { host, port };
}

function decoded<Text extends string | undefined>(text: Text): Text {
  if (text === undefined) return text;
  try {
    return decodeURIComponent(text) as Text;
  } catch {
    return text;
  }
}

/** The opposite of `parseUrl`. What stands among the parameters of `search` and would win over the parts is left out. */
export function formatUrl(parts: Place & { readonly user: string; readonly password: string } & Parts): string {
  const { user, password, host, port, database, scheme = "postgres", search = "" } = parts;
  const ports = port.split(",");
  const hosts = host.split(",").map((each, index) => `${encodedHost(each)}:${ports[index] ?? ports[0] ?? ""}`);
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  return `${scheme}://${login}@${hosts.join(",")}/${encodeURIComponent(database)}${withoutParts(search)}`;
}

function encodedHost(host: string): string {
  return host.includes(":") ? `[${host}]` : encodeURIComponent(host);
}

const PART_PARAMETERS = ["user", "password", "host", "port", "dbname"];

function withoutParts(search: string): string {
  const params = new URLSearchParams(search);
  if (!PART_PARAMETERS.some((name) => params.has(name))) return search;
  for (const name of PART_PARAMETERS) params.delete(name);
  return params.size === 0 ? "" : `?${params.toString()}`;
}

/** The parts that a value has, from its fields and, where those are missing, from its URL. */
export function partsOf(value: SecretFields): Parts {
  const fromUrl = value["url"] === undefined ? {} : (parseUrl(value["url"].reveal()) ?? {});
  const fields = ["user", "password", "host", "port", "database"].flatMap((name) => {
    const field = value[name];
    return field === undefined ? [] : [[name, field.reveal()]];
  });
  return { ...fromUrl, ...(Object.fromEntries(fields) as Parts) };
}

/** Parts from the URL, or the URL from the parts, at `place` where they do not say where. What is there stays as it is. */
export function complete(value: SecretFields, place: Place): SecretFields {
  const { user, password, ...rest } = partsOf(value);
  const at = value["url"] === undefined ? { ...place, ...rest } : rest;
  const url = user === undefined || password === undefined ? undefined : formatUrl({ ...place, ...at, user, password });
  const { host, port, database } = at;
  const known = { user, password, host, port, database, url };
  const found = FIELDS.flatMap((name) =>
    known[name] === undefined ? [] : [[name, Secret.from(known[name])] as const],
  );
  return { ...Object.fromEntries(found), ...value };
}

/** The same value for another login: scheme, parameters and place are kept. */
export function withLogin(value: SecretFields, place: Place, login: { user: string; password: string }): FullValue {
  const { host, port, database, scheme, search } = { ...place, ...partsOf(value) };
  const parts = { host, port, database, ...login };
  const kept = { ...(scheme === undefined ? {} : { scheme }), ...(search === undefined ? {} : { search }) };
  const texts = { ...parts, url: formatUrl({ ...parts, ...kept }) };
  return Object.fromEntries(FIELDS.map((name) => [name, Secret.from(texts[name])])) as FullValue;
}

/** Another password of the same length, in the password and in the URL; only the fields that were given. */
export function mutate(value: SecretFields, place: Place): SecretFields {
  const { user = "", password = "" } = partsOf(value);
  const wrong = withLogin(value, place, { user, password: otherPassword(password) });
  const given = (["password", "url"] as const).filter((name) => value[name] !== undefined);
  const changed = (given.length === 0 ? (["password"] as const) : given).map((name) => [name, wrong[name]] as const);
  return { ...value, ...Object.fromEntries(changed) };
}

/** The server compares in a normal form (SASLprep), so the exchanged character must differ in that form too. */
function otherPassword(password: string): string {
  const letters = Array.from(password);
  const last = letters.pop() ?? "";
  return `${letters.join("")}${last.normalize("NFKC") === "A" ? "B" : "A"}`;
}
