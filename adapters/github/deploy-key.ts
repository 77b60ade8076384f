/** Deploy keys: an SSH key pair for one repository. Velvet makes the pair; GitHub is given the public half, with our marker as its title. */
import type { GithubIssuer } from "../../crds/kinds.gen.ts";
import type {
  IssuedKey,
  Issuer,
  IssuerTraits,
  KeyId,
  Minted,
  MintOrder,
  Residual,
  Usage,
  Verdict,
} from "../contract.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { type GitHub, isPassing } from "./client.ts";
import { addKey, type DeployKey, keyOf, keysOf, removeKey } from "./deploy-keys.ts";
import { newPair, PAIR_BYTES, publicOf, sameKey, type SshPair, wrongPair } from "./ssh-key.ts";
import { inconclusive, refuse, verdict } from "./token.ts";

export type DeployKeyBlock = NonNullable<GithubIssuer["deployKey"]>;

export const DEPLOY_KEY_TRAITS: IssuerTraits = {
  mintClass: "client-supplied",
  fields: ["privateKey", "publicKey"],
  publicFields: ["publicKey"],
  breaksWhenMixed: true,
  authority: "vendor",
  negativeControl: true,
  // A list may be read from a copy that is a little behind.
  propagation: { windowMs: 30_000, everyMs: 1_000 },
  revocation: "immediate",
};

export function deployKeys(github: GitHub, block: DeployKeyBlock): Issuer {
  return {
    traits: DEPLOY_KEY_TRAITS,
    list: async (signal) => (await keysOf(github, block, signal)).map(issued),
    verify: async (value, signal) => verify(github, block, value, signal),
    mutate: (value) => mutate(value),
    identify: async (value, signal) => (await find(github, block, value, signal))?.id,
    complete: (value) => complete(value),
    propose: ({ random }) => {
      refuseToken(github, block);
      return fieldsOf(newPair(random(PAIR_BYTES)));
    },
    mint: async (order, signal) => mint(github, block, order, signal),
    revoke: async (id, signal) => remove(github, block, id, signal),
    destroy: async (id, signal) => remove(github, block, id, signal),
    usage: async (id, signal) => usage(github, block, id, signal),
  };
}

function issued({ id, title, createdAt, lastUsedAt, enabled }: DeployKey): IssuedKey {
  return {
    id,
    enabled,
    ...(title.startsWith("velvet/") ? { marker: title } : {}),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
  };
}

function fieldsOf({ privateKey, publicKey }: SshPair): SecretFields {
  return { privateKey: Secret.from(privateKey), publicKey: Secret.from(publicKey) };
}

function complete(value: SecretFields): SecretFields {
  const known = value["publicKey"] ?? derived(value);
  return known === undefined ? value : { ...value, publicKey: known };
}

function derived(value: SecretFields): Secret | undefined {
  const line = publicOf(value["privateKey"]?.reveal() ?? "");
  return line === undefined ? undefined : Secret.from(line);
}

/** The public half is public, and stays: what is wrong is the private one. */
function mutate(value: SecretFields): SecretFields {
  return { ...value, privateKey: Secret.from(wrongPair(value["privateKey"]?.reveal() ?? "").privateKey) };
}

/** The key that GitHub has for the public half, which is worked out from the private one and never taken on trust. */
async function find(
  github: GitHub,
  block: DeployKeyBlock,
  value: SecretFields,
  signal: AbortSignal,
): Promise<DeployKey | undefined> {
  const line = derived(value)?.reveal();
  return line === undefined ? undefined : (await keysOf(github, block, signal)).find(({ key }) => sameKey(key, line));
}

async function verify(
  github: GitHub,
  block: DeployKeyBlock,
  value: SecretFields,
  signal: AbortSignal,
): Promise<Verdict> {
  if (!derived(value))
    return verdict("needs-human", "KeyUnreadable", "The value holds no private key of a kind that is known.");
  try {
    return judge(await find(github, block, value, signal), block);
  } catch (error) {
    // What is wrong with the account is no news of the key, and a person's to mend.
    if (!isPassing(error, signal)) throw error;
    return inconclusive(error, signal);
  }
}

function judge(key: DeployKey | undefined, { repository, access = "read" }: DeployKeyBlock): Verdict {
  if (!key) return verdict("dead", "DeployKeyMissing", `${repository} has no such deploy key.`);
  if (!key.enabled)
    return verdict("locked", "DeployKeyDisabled", `A policy of ${repository}'s owner disables its deploy keys.`);
  if (access === "write" && key.readOnly) {
    return verdict("restricted", "DeployKeyReadOnly", "The key may read the repository, and not push.");
  }
  return verdict("alive", "DeployKeyListed", `${repository} has this deploy key; GitHub was not asked over SSH.`);
}

/** GitHub deletes a deploy key together with the personal access token that made it. */
function refuseToken({ settings }: GitHub, { acceptsEndWithToken = false }: DeployKeyBlock): void {
  if (settings.app || acceptsEndWithToken) return;
  throw refuse("mint", {
    reason: "KeyBoundToToken",
    message:
      "GitHub deletes a deploy key together with the personal access token that made it, and the account has one.",
    remedy: "Use an account with a GitHub App, or set acceptsEndWithToken: true.",
  });
}

/** The same order again finds the key that it made: nobody else can have it, whatever its title says by now. */
async function mint(github: GitHub, block: DeployKeyBlock, order: MintOrder, signal: AbortSignal): Promise<Minted> {
  refuseToken(github, block);
  const value = order.proposed && complete(order.proposed);
  const line = value && derived(value)?.reveal();
  if (!value || line === undefined) throw refuse("mint", NO_PROPOSAL);
  const look = async (): Promise<DeployKey | undefined> => find(github, block, value, signal);
  const key =
    (await look()) ??
    (await addKey(github, block, { title: order.marker, key: line, read_only: block.access !== "write" }, signal)) ??
    // The list was behind, or somebody was faster with this very order.
    (await look());
  if (!key) throw refuse("mint", TAKEN);
  return { id: key.id, value, ...(key.createdAt === undefined ? {} : { issuedAt: key.createdAt }) };
}

const NO_PROPOSAL = {
  reason: "ProposalMissing",
  message: "The order holds no key pair that could be registered.",
  remedy: "Report this as a bug.",
};

const TAKEN = {
  reason: "DeployKeyTaken",
  message: "GitHub does not take the new key: it is in use elsewhere.",
  remedy: "Abort, and request the rotation again: the next key is another one.",
};

async function remove(
  github: GitHub,
  block: DeployKeyBlock,
  id: KeyId,
  signal: AbortSignal,
): Promise<readonly Residual[]> {
  await removeKey(github, block, id, signal);
  return [];
}

async function usage(github: GitHub, block: DeployKeyBlock, id: KeyId, signal: AbortSignal): Promise<Usage> {
  const key = await keyOf(github, block, id, signal);
  return key?.lastUsedAt === undefined ? {} : { lastUsedAt: key.lastUsedAt };
}
