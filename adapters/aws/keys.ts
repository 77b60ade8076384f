/** Every call to IAM that the issuer makes, by what it is for. */
import {
  type AccessKey,
  type AccessKeyMetadata,
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import type { Access } from "./access.ts";
import { ask, call, errorOf, type Outcome, type Refusal, type Wanted } from "./call.ts";
import type { SendOptions } from "./handler.ts";
import { isForbidden } from "./refusals.ts";

export interface LastUse {
  readonly user: string | undefined;
  /** RFC 3339. Absent: never, as far as AWS knows yet. */
  readonly at: string | undefined;
}

export interface Keys {
  readonly user: string;
  list(signal: AbortSignal): Promise<readonly AccessKeyMetadata[]>;
  create(signal: AbortSignal): Promise<Outcome<AccessKey | undefined>>;
  /** `gone` where this user has no such key. */
  setStatus(id: string, status: "Active" | "Inactive", signal: AbortSignal): Promise<"done" | "gone">;
  remove(id: string, signal: AbortSignal): Promise<"done" | "gone">;
  /** Undefined where nobody in this AWS account has it. */
  lastUse(id: string, signal: AbortSignal): Promise<LastUse | undefined>;
  /** As `lastUse`, and undefined too where Velvet may not ask. */
  lastUseIfAllowed(id: string, signal: AbortSignal): Promise<LastUse | undefined>;
}

interface Desk {
  readonly user: string;
  readonly client: () => IAMClient;
}

export function keysOf(access: Access, user: string): Keys {
  const desk: Desk = { user, client: () => new IAMClient(access.settings("iam")) };
  return {
    user,
    list: async (signal) => listed(desk, signal),
    create: async (signal) => {
      const command = new CreateAccessKeyCommand({ UserName: user });
      const send = async (options: SendOptions) => (await desk.client().send(command, options)).AccessKey;
      return ask(send, wanted(desk, "iam:CreateAccessKey", "once"), signal);
    },
    setStatus: async (id, status, signal) => {
      const command = new UpdateAccessKeyCommand({ UserName: user, AccessKeyId: id, Status: status });
      const asked = wanted(desk, "iam:UpdateAccessKey", "repeatable");
      return doneOrGone(await ask(async (options) => desk.client().send(command, options), asked, signal), asked);
    },
    remove: async (id, signal) => {
      const command = new DeleteAccessKeyCommand({ UserName: user, AccessKeyId: id });
      const asked = wanted(desk, "iam:DeleteAccessKey", "repeatable");
      return doneOrGone(await ask(async (options) => desk.client().send(command, options), asked, signal), asked);
    },
    lastUse: async (id, signal) => lastUse(desk, id, ({ name }) => name === "NoSuchEntity", signal),
    // AWS also says "forbidden" of a key that is in no user's hands.
    lastUseIfAllowed: async (id, signal) =>
      lastUse(desk, id, (refusal) => isForbidden(refusal) || refusal.name === "NoSuchEntity", signal),
  };
}

function wanted({ user }: Desk, action: string, effect: Wanted["effect"]): Wanted {
  return { action, on: `user/${user}`, effect };
}

async function lastUse(
  desk: Desk,
  id: string,
  isNone: (refusal: Refusal) => boolean,
  signal: AbortSignal,
): Promise<LastUse | undefined> {
  const asked = wanted(desk, "iam:GetAccessKeyLastUsed", "none");
  const command = new GetAccessKeyLastUsedCommand({ AccessKeyId: id });
  const outcome = await ask(async (options) => desk.client().send(command, options), asked, signal);
  if ("refusal" in outcome) {
    if (isNone(outcome.refusal)) return undefined;
    throw errorOf(outcome.refusal, asked);
  }
  const { UserName: user, AccessKeyLastUsed: used } = outcome.output;
  return { user, at: used?.LastUsedDate?.toISOString() };
}

async function listed(desk: Desk, signal: AbortSignal): Promise<readonly AccessKeyMetadata[]> {
  const asked = wanted(desk, "iam:ListAccessKeys", "none");
  const found: AccessKeyMetadata[] = [];
  let marker: string | undefined;
  do {
    const command: ListAccessKeysCommand = new ListAccessKeysCommand({ UserName: desk.user, Marker: marker });
    const page = await call(async (options) => desk.client().send(command, options), asked, signal);
    found.push(...(page.AccessKeyMetadata ?? []));
    marker = page.IsTruncated === true ? page.Marker : undefined;
  } while (marker !== undefined);
  return found;
}

function doneOrGone(outcome: Outcome<unknown>, asked: Wanted): "done" | "gone" {
  if ("output" in outcome) return "done";
  if (outcome.refusal.name === "NoSuchEntity") return "gone";
  throw errorOf(outcome.refusal, asked);
}
