/** A database login as its parts and as one URL, in the form in which Heroku writes it into config vars. Pure. */
import { Secret, type SecretFields } from "../secret.ts";

export const FIELDS = ["url", "user", "password", "host", "port", "database"] as const;
export const PUBLIC_FIELDS = ["user", "host", "port", "database"] as const;

type Part = "user" | "password" | "host" | "port" | "database";
const PARTS: readonly Part[] = ["user", "password", "host", "port", "database"];

export type Parts = Readonly<Partial<Record<Part, string>>>;

const URL_FORM =
  /^postgres(?:ql)?:\/\/(?<user>[^:@/?#]+):(?<password>[^@/?#]*)@(?<host>[^:@/?#]+)(?::(?<port>\d+))?\/(?<database>[^/?#]+)(?:\?[^#]*)?$/;

export function partsOf(value: SecretFields): Parts {
  const given = Object.fromEntries(PARTS.flatMap((part) => pair(part, value[part]?.reveal())));
  return { ...parsed(value["url"]?.reveal() ?? ""), ...given };
}

function pair(part: Part, text: string | undefined): [Part, string][] {
  return text === undefined ? [] : [[part, text]];
}

function parsed(url: string): Parts {
  const groups = URL_FORM.exec(url)?.groups;
  if (groups === undefined) return {};
  try {
    const decoded = PARTS.flatMap((part) => pair(part, decodeURIComponent(groups[part] ?? "")));
    return { ...Object.fromEntries(decoded), port: groups["port"] ?? "5432" };
  } catch {
    return {};
  }
}

export function complete(value: SecretFields): SecretFields {
  const parts = partsOf(value);
  const url = urlOf(parts);
  return { ...(url === undefined ? {} : { url: Secret.from(url) }), ...secrets(parts), ...value };
}

export function valueOf(parts: Required<Parts>): SecretFields {
  return complete(secrets(parts));
}

function secrets(parts: Parts): SecretFields {
  return Object.fromEntries(Object.entries(parts).map(([part, text]) => [part, Secret.from(text)]));
}

function urlOf(parts: Parts): string | undefined {
  const { user, password, host, port, database } = parts;
  if ([user, password, host, port, database].includes(undefined)) return undefined;
  const [name, word, base] = [user, password, database].map((part) => encodeURIComponent(part ?? ""));
  return `postgres://${name}:${word}@${host}:${port}/${base}`;
}

/** Another password of the same length, in every field that holds it. */
export function mutate(value: SecretFields): SecretFields {
  const parts = partsOf(value);
  const { password = "" } = parts;
  const wrong = `${password.slice(0, -1)}${password.endsWith("0") ? "1" : "0"}`;
  const mutated = complete(secrets({ ...parts, password: wrong }));
  const fields = Object.entries(value).map(([name, secret]) => [name, mutated[name] ?? spoiled(secret)]);
  return Object.fromEntries(fields);
}

/** A URL that is not understood still becomes another one. */
function spoiled(secret: Secret): Secret {
  return Secret.from(`${secret.reveal()}0`);
}
