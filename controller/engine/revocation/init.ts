/** Before anything is ended: the list is fixed, and the old value read where that is quick, to show later that nobody lets it in. */
import type { Issuer } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import { fingerprints } from "../../custody/fingerprint.ts";
import { CUSTODY } from "../../domain/consumers.ts";
import type { KnownValue } from "../../domain/revocation.ts";
import { revocationOf, revocationState } from "../../domain/revocation.ts";
import type { Found } from "../../domain/revocation-ids.ts";
import { targetIds } from "../../domain/revocation-ids.ts";
import type { World } from "../../domain/world.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { fieldsFrom, keysOf } from "../value.ts";
import { openBoth, sealBoth } from "./value.ts";

/** One short try for each place: the revoke does not wait for longer. */
const READ_MS = 3_000;

interface Looked extends Found {
  readonly value: KnownValue;
  /** Absent where it is sealed already. */
  readonly fields?: SecretFields;
}

export async function fixTargets(pass: Pass, world: World): Promise<void> {
  const looked = await look(pass, world);
  const ids = targetIds(world, looked);
  const { credential, id: rotation } = world.rotation;
  const sealed =
    looked.fields &&
    sealBoth(pass.deps, { credential, rotation }, { ...openBoth(pass.deps, world), old: looked.fields });
  await pass.journal.write((live) => ({
    audit: { event: "TargetsFixed", ids: ids.map(({ id, is }) => ({ id: id ?? null, is })), value: looked.value },
    facts: { ...live.facts, revocation: { ...revocationOf({ facts: live.facts }), ids, value: looked.value } },
    ...(sealed ? { sealedPrevious: sealed } : {}),
  }));
}

/** All that is left is for a person, or nothing is. */
export async function beginRevocation(pass: Pass, world: World): Promise<void> {
  await pass.journal.write((live) => ({
    audit: { event: "RevocationBegun" },
    ifWakes: world.wakes,
    state: revocationState(revocationOf({ facts: live.facts }).ids ?? [], [...live.consumers.values()], false),
  }));
}

async function look(pass: Pass, world: World): Promise<Looked> {
  const { value, target } = revocationOf(world.rotation);
  if (value) return { value, id: value.id, dead: false };
  if (target === "Retired") return unknown("The values of retired credentials are not kept.");
  const read = await readOld(pass, world);
  return "why" in read ? unknown(read.why) : whose(pass, world, read);
}

function unknown(message: string): Looked {
  return { value: { known: false, message }, dead: false };
}

interface Read {
  readonly fields: SecretFields;
  readonly from: string;
}

/** Custody first, then the consumer that `readFrom` names. What does not answer at once is passed over. */
async function readOld(pass: Pass, world: World): Promise<Read | { readonly why: string }> {
  const { snapshot } = world.rotation;
  const { custody, readFrom } = snapshot.credential.spec;
  const places = [...(custody ? [CUSTODY] : []), ...(readFrom === undefined ? [] : [readFrom])];
  let why = "Neither custody nor a consumer named in readFrom holds it.";
  for (const id of places) {
    const keys = keysOf(snapshot, id, world.issuer.fields);
    const { outcome } = await effect(pass, { label: "sink.observe", consumer: id }, async (signal) =>
      pass.deps.accounts.sink(snapshot, id).observe(
        keys.map(({ name }) => name),
        AbortSignal.any([signal, pass.deps.timeout(READ_MS)]),
      ),
    );
    const from = id === CUSTODY ? "custody" : id;
    const fields = outcome.kind === "done" ? fieldsFrom(keys, outcome.value) : undefined;
    if (fields) return { fields, from };
    if (outcome.kind !== "done") why = `${from} could not be read in time: ${outcome.cause.message}`;
  }
  return { why };
}

/** A value that is not the one to be ended proves nothing when it is refused, or let in. */
async function whose(pass: Pass, world: World, { fields: raw, from }: Read): Promise<Looked> {
  const { currentId } = revocationOf(world.rotation);
  const { outcome } = await effect(pass, { label: "issuer.identify" }, async (signal) => {
    const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
    const fields = issuer.complete(raw);
    return { fields, id: await issuer.identify(fields, AbortSignal.any([signal, pass.deps.timeout(READ_MS)])) };
  });
  const fields = outcome.kind === "done" ? outcome.value.fields : raw;
  const named = outcome.kind === "done" ? outcome.value.id : undefined;
  const known = isKnown(pass, world, fields) ? world.credential.currentId : named;
  const message = `read from ${from}`;
  if (currentId !== undefined) {
    if (known !== currentId) return unknown(`What ${from} holds is not ${currentId}, which is to be ended.`);
    return { value: { known: true, id: currentId, message }, id: currentId, dead: false, fields };
  }
  const id = known ?? world.rotation.snapshot.credential.spec.issuer.currentId;
  if (id !== undefined) return { value: { known: true, id, message }, id, dead: false, fields };
  return { value: { known: true, message }, dead: await isDead(pass, world, fields), fields };
}

function isKnown({ deps }: Pass, world: World, fields: SecretFields): boolean {
  const { fingerprint } = world.credential;
  return fingerprint !== undefined && fingerprints(deps.keys, world.rotation.credential, fields).whole === fingerprint;
}

/** Nobody knows its id: then it matters whether there is anything to be ended at all. */
async function isDead(pass: Pass, world: World, fields: SecretFields): Promise<boolean> {
  if (world.issuer.authority === "acceptors") return false;
  const ask = async (issuer: Issuer, signal: AbortSignal) => issuer.verify(fields, signal);
  const { outcome } = await effect(pass, { label: "issuer.verify" }, async (signal) =>
    ask(pass.deps.accounts.issuer(world.rotation.snapshot), AbortSignal.any([signal, pass.deps.timeout(READ_MS)])),
  );
  return outcome.kind === "done" && outcome.value.liveness === "dead";
}
