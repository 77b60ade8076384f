/** One credential of a database, as the data API shows it. */
import { createHmac } from "node:crypto";
import type { HerokuIssuer } from "../../crds/kinds.gen.ts";
import type { KeyId } from "../contract.ts";
import { Terminal, Transient } from "../errors.ts";
import { path } from "../http-path.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { type Client, REST_MS } from "./client.ts";
import { valueOf } from "./database-url.ts";
import { factsOf, type Fields, fieldsOf, itemsOf, notUnderstood, textOf, wholeOf } from "./shapes.ts";

export type PostgresBlock = NonNullable<HerokuIssuer["postgres"]>;

export interface Place {
  readonly client: Client;
  readonly addon: string;
  readonly name: string;
}

/** One user with its password. The user of an old password is renamed while it is phased out, so it is the password that tells. */
export interface Login {
  readonly id: KeyId;
  readonly user: string;
  readonly password: Secret;
  readonly state: string;
  /** Sessions, where Heroku tells. */
  readonly connections: number | undefined;
  readonly value: () => SecretFields;
}

const OPERATION = "GET /postgres/v0/databases/{}/credentials/{}";

export async function readLogins({ client, addon, name }: Place, signal: AbortSignal): Promise<readonly Login[]> {
  const request = {
    method: "GET",
    path: path`/postgres/v0/databases/${addon}/credentials/${name}`,
    accept: [404],
  } as const;
  const answer = await client.data(request, signal);
  if (answer.status === 404) throw unknownCredential(addon, name);
  const shown = fieldsOf(answer.json());
  const items = itemsOf(shown["credentials"]);
  if (items === undefined) throw notUnderstood(OPERATION);
  return items.map((item) => loginOf({ addon, name }, shown, item));
}

function loginOf(at: Pick<Place, "addon" | "name">, shown: Fields, item: Fields): Login {
  const [user, password, state] = [textOf(item["user"]), textOf(item["password"]), textOf(item["state"])];
  const [host, database, port] = [textOf(shown["host"]), textOf(shown["database"]), String(shown["port"])];
  if (!user || !password || !state || !host || !database || !/^\d+$/.test(port)) throw notUnderstood(OPERATION);
  const secret = Secret.from(password);
  return {
    id: idOf(at, secret),
    user,
    password: secret,
    state,
    connections: wholeOf(item["connections"]),
    value: () => valueOf({ user, password: secret.reveal(), host, port, database }),
  };
}

/** States on the way to active, from memory: what else there is counts as not there. */
export function isComing(state: string): boolean {
  return state === "enabling" || state === "provisioning";
}

export function underWay(operation: string): Transient {
  const message = "Heroku is still rotating this credential.";
  return new Transient({ reason: "RotationUnderWay", message }, factsOf(operation), REST_MS);
}

/**
 * Heroku numbers no generations. The id's end is twelve hexadecimal digits of an HMAC whose key is the password itself: Heroku makes it
 * of 256 random bits, so that nobody can guess what it came from.
 */
export function idOf({ addon, name }: Pick<Place, "addon" | "name">, password: Secret): KeyId {
  const generation = createHmac("sha256", password.revealBytes()).update("velvet heroku postgres generation");
  return `${prefixOf(addon, name)}${generation.digest("hex").slice(0, 12)}`;
}

export function prefixOf(addon: string, name: string): string {
  return `${addon}/${name}@`;
}

function unknownCredential(addon: string, name: string): Terminal {
  const essential = name === "default" ? "" : " Essential plans have no credential but default.";
  return new Terminal(
    {
      reason: "TargetGone",
      message: `Heroku shows this account no credential ${name} of ${addon}.${essential}`,
      remedy:
        "Correct addon and credential in the manifest, or let the account's user reach the app that owns the database.",
    },
    { ...factsOf(OPERATION), status: 404 },
  );
}
