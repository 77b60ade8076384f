/** IAM's access keys and STS, as AWS describes them: two keys for a user, and servers that learn of changes one after the other. */
import { randomBytes, randomInt } from "node:crypto";
import type { Call, Reply } from "../emulator/emulator.ts";

export interface Delays {
  /** Until a new key is accepted everywhere. */
  birthMs: number;
  /** Until a key that was disabled or deleted is refused everywhere. */
  deathMs: number;
  /** Until a new key is listed. */
  listMs: number;
  /** Until a use is told. */
  lastUsedMs: number;
}

export interface Key {
  readonly id: string;
  readonly secret: string;
  readonly user: string;
  readonly createdAt: number;
  status: "Active" | "Inactive" | "Deleted";
  /** When it last stopped being active. */
  endedAt: number;
  lastUsed?: { readonly at: number; readonly service: string; readonly region: string };
}

export const ACCOUNT = "123456789012";

export class Iam {
  readonly delays: Delays = { birthMs: 0, deathMs: 0, listMs: 0, lastUsedMs: 0 };
  readonly users = new Map<string, { readonly path: string }>();
  readonly keys: Key[] = [];

  addUser(name: string, path = "/"): void {
    this.users.set(name, { path });
  }

  addKey(user: string, now: number): Key {
    const id = `AKIA${letters(16)}`;
    const key: Key = {
      id,
      secret: randomBytes(30).toString("base64"),
      user,
      createdAt: now,
      status: "Active",
      endedAt: 0,
    };
    this.keys.push(key);
    return key;
  }

  arnOf(user: string): string {
    return `arn:aws:iam::${ACCOUNT}:user${this.users.get(user)?.path ?? "/"}${user}`;
  }

  of(user: string): readonly Key[] {
    return this.keys.filter((key) => key.user === user && key.status !== "Deleted");
  }

  /** The key, where every server would let it in now. */
  accepted(id: string, now: number): Key | undefined {
    const key = this.keys.find((known) => known.id === id);
    if (!key || now < key.createdAt + this.delays.birthMs) return undefined;
    return key.status === "Active" || now < key.endedAt + this.delays.deathMs ? key : undefined;
  }

  handle(action: string, call: Call): Reply {
    const form = new URLSearchParams(call.text);
    const user = form.get("UserName") ?? "";
    if (action === "GetAccessKeyLastUsed") return this.#lastUsed(form.get("AccessKeyId") ?? "", call.now);
    if (!this.users.has(user)) return noSuch(`The user with name ${user} cannot be found.`);
    if (action === "ListAccessKeys") return this.#list(user, call.now);
    if (action === "CreateAccessKey") return this.#create(user, call.now);
    return this.#change(action, user, form, call.now);
  }

  #change(action: string, user: string, form: URLSearchParams, now: number): Reply {
    const id = form.get("AccessKeyId");
    const key = this.of(user).find((known) => known.id === id);
    if (!key) return noSuch(`The Access Key with id ${id} cannot be found.`);
    if (action === "UpdateAccessKey") setStatus(key, form.get("Status") === "Active" ? "Active" : "Inactive", now);
    else if (action === "DeleteAccessKey") setStatus(key, "Deleted", now);
    else return fault(400, "InvalidAction", `Could not find operation ${action}`);
    return answer("iam", action);
  }

  identity(key: Key): Reply {
    const inner = `<Arn>${this.arnOf(key.user)}</Arn><UserId>AIDA${"X".repeat(16)}</UserId><Account>${ACCOUNT}</Account>`;
    return answer("sts", "GetCallerIdentity", inner);
  }

  #list(user: string, now: number): Reply {
    const seen = this.of(user).filter((key) => now >= key.createdAt + this.delays.listMs);
    const members = seen.map((key) => `<member>${described(key)}</member>`).join("");
    return answer(
      "iam",
      "ListAccessKeys",
      `<AccessKeyMetadata>${members}</AccessKeyMetadata><IsTruncated>false</IsTruncated>`,
    );
  }

  #create(user: string, now: number): Reply {
    // Those that are not listed yet count, and inactive ones do.
    if (this.of(user).length >= 2) return fault(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2");
    const key = this.addKey(user, now);
    const inner = `${described(key)}<SecretAccessKey>${key.secret}</SecretAccessKey>`;
    return answer("iam", "CreateAccessKey", `<AccessKey>${inner}</AccessKey>`);
  }

  #lastUsed(id: string, now: number): Reply {
    const key = this.keys.find((known) => known.id === id && known.status !== "Deleted");
    if (!key)
      return fault(
        403,
        "AccessDenied",
        `not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key ${id}`,
      );
    const use = key.lastUsed && now >= key.lastUsed.at + this.delays.lastUsedMs ? key.lastUsed : undefined;
    const { service = "N/A", region = "N/A" } = use ?? {};
    const date = use ? `<LastUsedDate>${dateOf(use.at)}</LastUsedDate>` : "";
    const used = `<AccessKeyLastUsed>${date}<ServiceName>${service}</ServiceName><Region>${region}</Region></AccessKeyLastUsed>`;
    return answer("iam", "GetAccessKeyLastUsed", `<UserName>${key.user}</UserName>${used}`);
  }
}

function setStatus(key: Key, status: Key["status"], now: number): void {
  if (key.status === "Active" && status !== "Active") key.endedAt = now;
  key.status = status;
}

function described(key: Key): string {
  const { id, user, status, createdAt } = key;
  return `<UserName>${user}</UserName><AccessKeyId>${id}</AccessKeyId><Status>${status}</Status><CreateDate>${dateOf(createdAt)}</CreateDate>`;
}

function dateOf(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

const NAMESPACES = {
  iam: "https://iam.amazonaws.com/doc/2010-05-08/",
  sts: "https://sts.amazonaws.com/doc/2011-06-15/",
};
const REQUEST = "<RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId>";

function answer(service: "iam" | "sts", action: string, inner = ""): Reply {
  const result = inner === "" ? "" : `<${action}Result>${inner}</${action}Result>`;
  const body = `<${action}Response xmlns="${NAMESPACES[service]}">${result}<ResponseMetadata>${REQUEST}</ResponseMetadata></${action}Response>`;
  return { status: 200, headers: { "content-type": "text/xml" }, body };
}

export function fault(status: number, code: string, message: string): Reply {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  const body = `<ErrorResponse xmlns="${NAMESPACES.iam}">${error}${REQUEST}</ErrorResponse>`;
  return { status, headers: { "content-type": "text/xml" }, body };
}

function noSuch(message: string): Reply {
  return fault(404, "NoSuchEntity", message);
}

function letters(count: number): string {
  return Array.from({ length: count }, () => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".charAt(randomInt(32))).join("");
}
