/** Access keys of one IAM user. */
import type { AwsIssuer } from "../../crds/kinds.gen.ts";
import type { IssuedKey, Issuer, IssuerTraits, KeyId, Minted, MintOrder, Usage } from "../contract.ts";
import { Secret, type SecretFields } from "../secret.ts";
import type { Access } from "./access.ts";
import { errorOf, factsOf, notUnderstood } from "./call.ts";
import { destroy, restore, revoke } from "./endings.ts";
import { keyOfAnother, notYetAccepted, quotaExhausted, slotChanged, userMissing } from "./faults.ts";
import { type Keys, keysOf } from "./keys.ts";
import { isOf, isSecretWrong, lacks, verify } from "./verify.ts";

const ID = "accessKeyId";
const KEY = "secretAccessKey";

export function traitsOf({ propagationSeconds = 60 }: AwsIssuer): IssuerTraits {
  return {
    mintClass: "unmarked",
    fields: [ID, KEY],
    publicFields: [ID],
    breaksWhenMixed: true,
    authority: "vendor",
    negativeControl: true,
    propagation: { windowMs: propagationSeconds * 1000, everyMs: 3_000 },
    revocation: "quarantine",
    maxLive: 2,
    countsDisabled: true,
  };
}

export function issuerOf(access: Access, block: AwsIssuer): Issuer {
  const keys = keysOf(access, block.user);
  return {
    traits: traitsOf(block),
    list: async (signal) => list(keys, signal),
    verify: async (value, signal) => verify(access, block.user, value, signal),
    mutate,
    identify: async (value, signal) => identify(access, keys, value, signal),
    complete: (value) => value,
    mint: async (order, signal) => mint(keys, order, signal),
    revoke: async (id, signal) => revoke(access, keys, id, signal),
    destroy: async (id, signal) => destroy(access, keys, id, signal),
    restore: async (id, signal) => restore(keys, id, signal),
    usage: async (id, signal) => usage(keys, id, signal),
  };
}

/** With the last use of each, which tells a person who has to choose between two of them. */
async function list(keys: Keys, signal: AbortSignal): Promise<readonly IssuedKey[]> {
  const found = await keys.list(signal);
  const listed: IssuedKey[] = [];
  for (const { AccessKeyId: id, Status: status, CreateDate: created } of found) {
    if (id === undefined) throw notUnderstood({ action: "iam:ListAccessKeys", on: keys.user, effect: "none" });
    const used = (await keys.lastUseIfAllowed(id, signal))?.at;
    listed.push({
      id,
      enabled: status === "Active",
      ...(created === undefined ? {} : { createdAt: created.toISOString() }),
      ...(used === undefined ? {} : { lastUsedAt: used }),
    });
  }
  return listed;
}

/** Another secret for the same key id. Its first character becomes another one of the same alphabet. */
function mutate(value: SecretFields): SecretFields {
  const text = value[KEY]?.reveal() ?? "";
  return { ...value, [KEY]: Secret.from(`${text.startsWith("A") ? "B" : "A"}${text.slice(1)}`) };
}

/**
 * The id stands in the value. It is trusted only where AWS accepts the secret that stands beside it, or where the key is disabled and
 * nobody could tell: an access key never has a second secret.
 */
async function identify(
  access: Access,
  keys: Keys,
  value: SecretFields,
  signal: AbortSignal,
): Promise<KeyId | undefined> {
  const id = value[ID]?.reveal() ?? "";
  if (lacks(value)) return undefined;
  const outcome = await access.caller(value, signal);
  if ("output" in outcome) {
    if (isOf(outcome.output.arn, keys.user)) return id;
    throw keyOfAnother("identify", id, keys.user);
  }
  const { refusal } = outcome;
  if (isSecretWrong(refusal)) return undefined;
  if (refusal.name === "InvalidClientTokenId") return identifyInactive(keys, id, signal);
  throw errorOf(refusal, { action: "sts:GetCallerIdentity", on: "the value in use", effect: "none" });
}

async function identifyInactive(keys: Keys, id: KeyId, signal: AbortSignal): Promise<KeyId | undefined> {
  const known = (await keys.list(signal)).find((key) => key.AccessKeyId === id);
  if (known?.Status === "Active") throw notYetAccepted(id);
  return known?.AccessKeyId;
}

/** What IAM documents as a no to this call. Nothing else is one. */
async function mint(keys: Keys, { inventory }: MintOrder, signal: AbortSignal): Promise<Minted> {
  const wanted = { action: "iam:CreateAccessKey", on: `user/${keys.user}`, effect: "once" } as const;
  const before = await keys.list(signal);
  const unknown = before.find(({ AccessKeyId: id }) => !inventory.some((key) => key.id === id));
  if (unknown) throw slotChanged(keys.user, factsOf(wanted));
  const outcome = await keys.create(signal);
  if ("refusal" in outcome) {
    if (outcome.refusal.name === "LimitExceeded") throw quotaExhausted(before, factsOf(wanted, outcome.refusal));
    if (outcome.refusal.name === "NoSuchEntity") throw userMissing(keys.user, factsOf(wanted, outcome.refusal));
    throw errorOf(outcome.refusal, wanted);
  }
  const { AccessKeyId: id, SecretAccessKey: secret, CreateDate: created } = outcome.output ?? {};
  if (id === undefined || secret === undefined) throw notUnderstood(wanted);
  return {
    id,
    value: { [ID]: Secret.from(id), [KEY]: Secret.from(secret) },
    ...(created === undefined ? {} : { issuedAt: created.toISOString() }),
  };
}

async function usage(keys: Keys, id: KeyId, signal: AbortSignal): Promise<Usage> {
  const used = (await keys.lastUse(id, signal))?.at;
  return used === undefined ? {} : { lastUsedAt: used };
}
