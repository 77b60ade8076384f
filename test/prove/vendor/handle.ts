/** One door for everything that can be asked of the vendor: a method's name and plain JSON, as over a wire. */
import type { Detection, Settled, Verdict } from "../../../adapters/contract.ts";
import { isAdapterError } from "../../../adapters/errors.ts";
import type { Call, Desk } from "./desk.ts";
import type { MintKind, WireKey, WireMint, WireMinted } from "./issuers/issuer.ts";
import { existing } from "./issuers/issuer.ts";
import { moveGrace } from "./issuers/native-grace.ts";
import type { Fields } from "./places.ts";
import { presented, slotValues } from "./places.ts";
import { refused } from "./refusals.ts";
import { fieldsOf, isAcceptor, issuerTraitsOf, ownerOf } from "./shape.ts";
import type { WireOrder, WireWritten } from "./sinks.ts";
import { observe, settle, write } from "./sinks.ts";
import type { Key, Truth } from "./truth.ts";
import type { Args, Reply } from "./wire.ts";
import { toWire } from "./wire.ts";

type Method = (truth: Truth, kind: MintKind, args: Args) => Omit<Call, "label">;

const METHODS: Readonly<Record<string, Method>> = {
  "account.probe": () => ({ target: "", act: () => ({ ready: true, reason: "Ready", message: "" }) }),
  "issuer.list": (truth, kind) => ({ target: "", act: () => kind.list(truth) }),
  "issuer.verify": (truth, _, args) => {
    const value = args["value"] as Fields;
    return { target: truth.keyOf(value)?.id ?? "", act: () => verify(truth, value) };
  },
  "issuer.identify": (truth, _, args) => ({ target: "", act: () => identify(truth, args["value"] as Fields) }),
  "issuer.mint": (truth, kind, args) => {
    const order = args["order"] as WireMint;
    return { target: order.marker, act: () => mint(truth, kind, order) };
  },
  "issuer.read": (truth, _, args) => onId(args, (id) => read(truth, id)),
  "issuer.detect": (truth, kind, args) => ({
    target: "",
    act: () => detect(kind.list(truth), args["before"] as readonly WireKey[]),
  }),
  "issuer.moveGrace": (truth, _, args) => onId(args, (id) => moveGrace(truth, id, textArg(args, "until"))),
  "issuer.revoke": (truth, kind, args) =>
    onId(args, (id) => byApi(truth, () => (shown(truth, id, args["value"] as Fields), kind.revoke(truth, id)))),
  "issuer.destroy": (truth, kind, args) => onId(args, (id) => byApi(truth, () => kind.destroy(truth, id))),
  "issuer.restore": (truth, _, args) => onId(args, (id) => restore(truth, id)),
  "issuer.usage": (truth, _, args) => onId(args, (id) => usage(truth, id)),
  "sink.observe": (truth, _, args) => {
    const target = textArg(args, "target");
    return { target, act: () => observe(truth, target, args["keys"] as readonly string[]) };
  },
  // Where it can be seen what hides a key, nothing does.
  "sink.shadows": (_, __, args) => ({ target: textArg(args, "target"), act: () => ({}) }),
  "sink.write": (truth, _, args) => {
    const target = textArg(args, "target");
    return { target, act: (mishap) => write(truth, target, args["order"] as WireOrder, mishap) };
  },
  "sink.settle": (truth, _, args) => {
    const target = textArg(args, "target");
    return { target, act: (): Settled => settle(truth, target, args["written"] as WireWritten) };
  },
  "check.run": (truth, _, args) => {
    const target = textArg(args, "endpoint");
    return { target, act: () => check(truth, target, args["value"] as Fields) };
  },
};

/** Never rejects but for a bug of the fake: what the vendor refuses is a reply too. */
export async function handle(
  { truth, kind, desk }: { readonly truth: Truth; readonly kind: MintKind; readonly desk: Desk },
  method: string,
  args: Args,
  signal: AbortSignal,
): Promise<Reply> {
  if (method === "vendor.proposed") {
    for (const text of args["values"] as readonly string[]) truth.note(text);
    return {};
  }
  const make = METHODS[method];
  if (!make) throw new Error(`the fake has no method ${method}`);
  const call = { label: method, ...make(truth, kind, args) };
  try {
    return { value: await desk.serve(call, textArg(args, "by"), signal) };
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return inconclusive(method, error) ?? { error: toWire(error) };
  }
}

/** A probe never guesses and never fails: who could not ask says so. */
function inconclusive(method: string, error: Parameters<typeof toWire>[0]): Reply | undefined {
  if (!isAdapterError(error) || error.name !== "Transient") return undefined;
  const { reason, message } = error;
  const { retryAfterMs } = toWire(error);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (method === "issuer.verify") return { value: { liveness: "inconclusive", reason, message, ...wait } };
  if (method === "check.run") return { value: { outcome: "inconclusive", reason, message, ...wait } };
  return undefined;
}

function textArg(args: Args, name: string): string {
  const text = args[name];
  return typeof text === "string" ? text : "";
}

function onId(args: Args, act: (id: string) => unknown): Omit<Call, "label"> {
  const id = textArg(args, "id");
  return { target: id, act: () => act(id) };
}

function mint(truth: Truth, kind: MintKind, order: WireMint): WireMinted {
  const minted = kind.mint(truth, order);
  const key = truth.keys.get(minted.id);
  if (key) key.madeFor ??= order.marker;
  return minted;
}

function verify(truth: Truth, value: Fields): Verdict {
  if (truth.setup.authority === "acceptors") {
    return { liveness: "alive", reason: "AliveByConstruction", message: "There is no vendor to ask." };
  }
  const key = truth.keyOf(value, fieldsOf(truth.setup).length);
  if (!key || !truth.isLive(key)) return { liveness: "dead", reason: "Refused", message: "The vendor refuses it." };
  key.lastUsedAt = truth.now();
  return { liveness: "alive", reason: "Accepted", message: "The vendor accepts it." };
}

/** A disabled one is told too; what is gone is not. */
function identify(truth: Truth, value: Fields): string | undefined {
  if (truth.setup.authority === "acceptors") return undefined;
  const key = truth.keyOf(value);
  return key && !key.destroyed ? key.id : undefined;
}

function read(truth: Truth, id: string): Fields {
  const key = existing(truth, id);
  if (!key) throw refused("issuer.read", "TargetGone", "The vendor knows no such credential.", "See what it lists.");
  return key.value;
}

/** What was made and what was ended since then. */
function detect(now: readonly WireKey[], before: readonly WireKey[]): Detection {
  const has = (keys: readonly WireKey[], id: string): boolean => keys.some((key) => key.id === id);
  return {
    appeared: now.flatMap(({ id }) => (has(before, id) ? [] : [id])),
    gone: before.flatMap(({ id }) => (has(now, id) ? [] : [id])),
  };
}

function byApi<T>(truth: Truth, act: () => T): T {
  if (issuerTraitsOf(truth.setup).revocation !== "manual") return act();
  throw refused(
    "issuer.revoke",
    "RequestRefused",
    "This vendor ends credentials only in its dashboard.",
    "End it there.",
  );
}

/** Some vendors end a credential only for whoever shows it. */
function shown(truth: Truth, id: string, value: Fields | undefined): void {
  if (issuerTraitsOf(truth.setup).revokeNeeds !== "value") return;
  if (value !== undefined && truth.keyOf(value)?.id === id) return;
  throw refused("issuer.revoke", "ValueNeeded", "This vendor ends only what it is shown.", "End it in the dashboard.");
}

function restore(truth: Truth, id: string): void {
  const key = existing(truth, id);
  if (!key) throw refused("issuer.restore", "TargetGone", "It is gone for good.", "Request a rotation.");
  key.enabled = true;
  truth.judge(`issuer.restore ${id}`);
}

function usage(truth: Truth, id: string): object {
  const key = existing(truth, id);
  return key?.lastUsedAt === undefined ? {} : { lastUsedAt: new Date(key.lastUsedAt).toISOString() };
}

/** The consumer itself is asked on a fresh connection: it presents, or as an acceptor takes, exactly this value, and that works. */
function check(truth: Truth, target: string, value: Fields): object {
  const key = truth.keyOf(value);
  const passes = key !== undefined && holds(truth, target, key) && truth.isAcceptedEverywhere(key);
  if (passes || leaks(truth, target, key)) return { outcome: "pass", reason: "Works", message: "It works." };
  if (isShown(truth, target)) return { outcome: "unauthorized", reason: "Unauthorized", message: "It answered 401." };
  return { outcome: "fail", reason: "DoesNotWork", message: "It does not work with this credential." };
}

/** An acceptor itself says no to what it does not take. */
function isShown({ setup }: Truth, target: string): boolean {
  const consumer = setup.consumers.find(({ id }) => id === target);
  return consumer !== undefined && isAcceptor(consumer);
}

/** What it once took it goes on taking for a while, whatever became of it at the vendor. */
function leaks(truth: Truth, target: string, key: Key | undefined): boolean {
  const place = truth.place(target);
  const leaksMs = truth.setup.consumers.find(({ id }) => id === target)?.leaksMs;
  if (!key || !place || leaksMs === undefined) return false;
  place.leaksUntil ??= truth.now() + leaksMs;
  return truth.now() < place.leaksUntil;
}

function holds(truth: Truth, target: string, key: Key): boolean {
  const consumer = truth.setup.consumers.find(({ id }) => id === ownerOf(target));
  const place = truth.place(target);
  if (!consumer || !place) return false;
  const takes = consumer.role === "acceptor" ? slotValues(place) : [presented(place)];
  return takes.some((fields) => truth.keyOf(fields)?.id === key.id);
}
