/** What a rotation would do, from what it would run on (`docs/reference/schemas/plan.json`). Pure: nothing outside is asked. */
import type { IssuerTraits, MintClass } from "../../adapters/contract.ts";
import type { ConsumerSpec } from "../../crds/kinds.gen.ts";
import { CUSTODY, waves } from "../domain/consumers.ts";
import { leftOutText } from "../domain/rehearsal-report.ts";
import { DEFAULT_QUARANTINE } from "../domain/retired.ts";
import { durationMs, later } from "../domain/duration.ts";
import { gateDigest, needsApproval } from "../domain/gates.ts";
import { mintRefusal } from "../domain/mint-budget.ts";
import type { Gate, Instant, Snapshot, World } from "../domain/world.ts";
import { everybody, specOf } from "../domain/world.ts";

/** `credential`: the consumer itself works with it. `value`: it holds it, and the vendor accepts it. `none`: nothing is proven. */
export type ProofGrade = "credential" | "value" | "liveness+value" | "person" | "none";

export interface PlannedConsumer {
  readonly id: string;
  readonly account: string;
  readonly adapter: string;
  /** What can be seen of what is there. */
  readonly grade: string;
  readonly check: string;
  readonly proves: ProofGrade;
  readonly active: boolean;
  readonly state: string;
}

export interface PlannedWave {
  readonly group: "custody" | "acceptors" | "callers";
  readonly wave: number;
  readonly consumers: readonly PlannedConsumer[];
}

export interface PlannedGate {
  readonly name: Gate;
  readonly needs: "nobody" | "person" | "two-people";
  readonly why: string;
  readonly ticket: boolean;
  /** What must be typed. */
  readonly confirm?: string;
  /** Only of a rotation that has begun: it is part of what is approved. */
  readonly digest?: string;
  readonly open: boolean;
}

export interface PlannedSteps {
  readonly issuer: {
    readonly account: string;
    readonly adapter: string;
    readonly mintClass: IssuerTraits["mintClass"];
    readonly revocation: IssuerTraits["revocation"];
    readonly currentId?: string;
  };
  readonly readFrom: string;
  readonly gates: readonly PlannedGate[];
  readonly waves: readonly PlannedWave[];
  /** At the earliest, as if every step took no time. Absent where nothing is revoked. */
  readonly earliestRevokeAt?: Instant;
  readonly earliestDestroyAt?: Instant;
  readonly irreversible: readonly string[];
  readonly warnings: readonly string[];
}

/** `from`: when it would begin, or now. `begun`: its gates have digests. */
export function plannedSteps(world: World, from: Instant, begun: boolean): PlannedSteps {
  const { snapshot } = world.rotation;
  const { spec } = snapshot.credential;
  const { issuer } = world;
  const currentId = world.rotation.facts.verify?.previousId ?? world.credential.currentId ?? spec.issuer.currentId;
  return {
    issuer: {
      account: spec.issuer.account,
      adapter: adapterName(snapshot, spec.issuer.account),
      mintClass: issuer.mintClass,
      revocation: issuer.revocation,
      ...(currentId === undefined ? {} : { currentId }),
    },
    readFrom: (snapshot.live ?? spec).readFrom ?? "custody",
    gates: (["Mint", "Revoke"] as const).map((gate) => plannedGate(world, gate, begun)),
    waves: plannedWaves(world),
    ...revokeTimes(world, from),
    irreversible: irreversible(world),
    warnings: warnings(world, begun),
  };
}

function adapterName(snapshot: Snapshot, account: string): string {
  return snapshot.accounts[account]?.spec.adapter ?? "unknown";
}

function plannedGate(world: World, name: Gate, begun: boolean): PlannedGate {
  const { snapshot, facts } = world.rotation;
  const opened = facts.gates?.[name];
  const open = opened !== undefined && !opened.approved;
  if (!isNeeded(world, name)) return { name, needs: "nobody", why: "Automatic", ticket: false, open };
  const two = Object.values(snapshot.accounts).some(({ spec }) => spec.twoPerson === true);
  const careful = name === "Revoke";
  // A mint's digest is known from the beginning; a revoke's names the attempt, which is final when the gate opens.
  const known = begun && (name === "Mint" || opened !== undefined);
  return {
    name,
    needs: two ? "two-people" : "person",
    why: whyGate(world, name),
    ticket: careful,
    ...(careful ? { confirm: snapshot.credential.spec.credentialName } : {}),
    ...(known ? { digest: gateDigest(world, name) } : {}),
    open,
  };
}

function isNeeded(world: World, name: Gate): boolean {
  return needsApproval(world, name) && !(name === "Revoke" && world.rotation.expect === "Absent");
}

function whyGate(world: World, name: Gate): string {
  const { gates } = world.rotation.snapshot.credential.spec;
  const set = name === "Mint" ? gates?.mint : (gates?.revoke ?? "Approval");
  if (set === "Approval") return "Approval";
  const left = world.consumers.filter(({ state }) => state === "inactive" || state === "skipped").map(({ id }) => id);
  return `not written, and may still hold the old one: ${left.join(", ")}`;
}

function plannedWaves(world: World): PlannedWave[] {
  const custody: PlannedWave[] = world.custody
    ? [{ group: "custody", wave: 0, consumers: [plannedConsumer(world, CUSTODY)] }]
    : [];
  const groups = waves(world).map((rows): PlannedWave => {
    const first = specOf(world, rows[0]?.id ?? "");
    const accepts = first.role === "acceptor" || first.role === "both";
    return {
      group: accepts ? "acceptors" : "callers",
      wave: first.wave ?? 0,
      consumers: rows.map(({ id }) => plannedConsumer(world, id)),
    };
  });
  return [...custody, ...groups];
}

function plannedConsumer(world: World, id: string): PlannedConsumer {
  const { snapshot } = world.rotation;
  const grade = world.sinks[id]?.grade ?? "none";
  const row = everybody(world).find((each) => each.id === id);
  const state = row?.state ?? "pending";
  if (id === CUSTODY) {
    const account = snapshot.credential.spec.custody?.account ?? "";
    const adapter = adapterName(snapshot, account);
    return { id: "custody", account, adapter, grade, ...custodyProof(grade), active: true, state };
  }
  const spec = specOf(world, id);
  const adapter = adapterName(snapshot, spec.account);
  const active = spec.active !== false;
  return { id, account: spec.account, adapter, grade, ...proofOf(snapshot, spec, grade), active, state };
}

type Proven = Pick<PlannedConsumer, "check" | "proves">;

function custodyProof(grade: string): Proven {
  return grade === "value" ? { check: "read-back", proves: "value" } : { check: "none", proves: "none" };
}

function proofOf(snapshot: Snapshot, { check }: ConsumerSpec, grade: string): Proven {
  const readable = grade === "value";
  if (check === undefined || check.type === "manual") return { check: "a person", proves: "person" };
  if (check.type === "http") return endpointProof(snapshot, check.account ?? "", check.endpoint ?? "", readable);
  return { check: "read-back", proves: readable ? "value" : "none" };
}

function endpointProof(snapshot: Snapshot, account: string, name: string, readable: boolean): Proven {
  const endpoint = snapshot.accounts[account]?.spec.endpoints?.find((each) => each.name === name);
  if (endpoint?.proves === "credential") return { check: `http ${name}`, proves: "credential" };
  return { check: `http ${name}`, proves: readable ? "liveness+value" : "none" };
}

/** The overlap counts from the last receipt, which cannot come before the beginning. */
function revokeTimes(world: World, from: Instant): Pick<PlannedSteps, "earliestRevokeAt" | "earliestDestroyAt"> {
  const { facts, expect, flow, snapshot } = world.rotation;
  if (expect === "Absent" || world.issuer.revocation === "manual" || flow === "Testing") return {};
  const { overlap = "0s", quarantine = DEFAULT_QUARANTINE } = snapshot.credential.spec.rotation ?? {};
  const revoke = later(facts.lastReceiptAt ?? from, durationMs(overlap));
  const earliestRevokeAt = revoke > from ? revoke : from;
  if (world.issuer.revocation !== "quarantine") return { earliestRevokeAt };
  return { earliestRevokeAt, earliestDestroyAt: later(earliestRevokeAt, durationMs(quarantine)) };
}

function irreversible({ rotation, issuer }: World): string[] {
  if (rotation.flow === "Testing") return [REHEARSED];
  if (rotation.expect === "Absent") return ["Nothing: there is no old credential."];
  const end = {
    quarantine: "Destroying the old credential after its quarantine. Until then it can be restored.",
    immediate: "The revoke: the old credential is gone at once.",
    manual: "The revoke, which a person does at the vendor.",
  }[issuer.revocation];
  return [end, ...byClass(issuer.mintClass), "From the revoke on the rotation cannot be aborted."];
}

function notRehearsed({ rotation }: World): string[] {
  return (rotation.facts.rehearsal?.left ?? []).map(leftOutText);
}

const REHEARSED = "Nothing: test slots are put back, the throwaway is ended, and no live place is written.";

/** What the vendor does not take back, earlier than the revoke. */
function byClass(mintClass: MintClass): string[] {
  if (mintClass === "roll-in-place") return ["The mint: the vendor ends the old credential with it."];
  if (mintClass !== "native-grace" && mintClass !== "vendor-distributed") return [];
  return [
    "The mint: from then on the old value only lives for a while, and the rotation cannot be aborted before all work.",
  ];
}

/** Where consumers are interrupted, or a person has to act, before the end. */
function classWarnings(world: World): string[] {
  const { rotation } = world.rotation.snapshot.credential.spec;
  const replaces =
    rotation?.strategy === "Replace"
      ? ["Replace: the old credential ends before the consumers have the new one, so they are interrupted."]
      : [];
  const byHand =
    world.issuer.mintClass === "manual"
      ? [
          world.issuer.detects === true
            ? "Velvet cannot mint here: a person does, and Velvet sees it at the vendor."
            : "Velvet cannot mint here: a person does, and hands the value in with `velvet provide`.",
        ]
      : [];
  return [...replaces, ...byHand];
}

function warnings(world: World, begun: boolean): string[] {
  const { issuer, retired } = world;
  const minted = mintRefusal(world);
  const rows = plannedWaves(world).flatMap(({ consumers }) => consumers);
  const unproven = rows.filter(({ id, proves, active }) => id !== "custody" && active && proves === "none");
  const kept = retired.filter(({ state }) => state === "quarantined" || state === "live");
  return [
    ...unproven.map(({ id }) => `${id}: its check can prove nothing, so a person must confirm it (ConfirmConsumer).`),
    ...notRehearsed(world),
    ...rows
      .filter(({ active }) => !active)
      .map(({ id }) => `${id} is inactive: it is not written, and may still hold the old one.`),
    ...(issuer.maxLive !== undefined && kept.length > 0 && !begun
      ? [
          `The vendor allows ${issuer.maxLive} at once, and kept are still: ${kept.map(({ vendorId }) => vendorId).join(", ")}. Verify may stop at RetiredIdOpen.`,
        ]
      : []),
    ...classWarnings(world),
    ...(minted && !begun ? [`The mint would wait (${minted.reason}): ${minted.message}`] : []),
    ...(issuer.revocation === "manual"
      ? [
          "Velvet cannot revoke here: a person does. Velvet sees by the old value that it is dead, or they say so with `velvet mark-revoked`.",
        ]
      : []),
  ];
}
