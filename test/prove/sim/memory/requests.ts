/** Requests that wait, and decisions that came too late. */
import { credentialOf } from "./rotations.ts";
import type { Json, ObjectRow, RequestRow } from "./columns.ts";
import type { Statements, Tables } from "./tables.ts";
import { compare, instant, jsonb, later } from "./values.ts";

const CLOSED = new Set(["refused", "expired", "baseline"]);

/** Null: somebody may still look at it. */
export function lateBecause(tables: Tables, request: RequestRow | undefined): "ended" | "not rotating" | null {
  if (!request) return null;
  if (CLOSED.has(request.state)) return "not rotating";
  const rotation = request.rotation === null ? undefined : tables.rotation.get(request.rotation);
  return rotation && rotation.ended_at !== null ? "ended" : null;
}

export function requestNamed({ request }: Tables, namespace: string, name: string | null): RequestRow | undefined {
  return request.find((row) => row.namespace === namespace && row.name === name);
}

/** The name of the rotation that lives. */
export function liveOf({ rotation }: Tables, credential: string): string | null {
  return rotation.find((row) => row.credential === credential && row.ended_at === null)?.name ?? null;
}

/** Of its rotations, and of its corrections. */
function lastEnded({ rotation, correction }: Tables, credential: string): string | null {
  const isOwn = (row: { readonly credential: string }): boolean => row.credential === credential;
  const ended = [
    ...rotation.where(isOwn).flatMap((row) => row.ended_at ?? []),
    ...correction.where(isOwn).map(({ intent_at, outcome_at }) => outcome_at ?? intent_at),
  ];
  return ended.length === 0 ? null : instant(Math.max(...ended));
}

export const REQUESTS: Statements = {
  /** Nobody probes accounts in a telling. */
  unready_accounts: () => [],

  pending_requests: (tables, [most]) => {
    const { request, now } = tables;
    const due = request
      .where((row) => row.state === "pending" && row.next_look_at <= now)
      .sort((a, b) => compare(a.appeared_at, b.appeared_at) || compare(a.name, b.name));
    return due.slice(0, most as number).map((row) => pending(tables, row));
  },

  postpone_request: ({ request, now }, values) => {
    const [uid, waitMs, reason, message] = values as [string, number, string, string];
    const row = request.get(uid);
    if (row?.state !== "pending") return [];
    const isSame = row.reason === reason && row.message === message;
    const next_look_at = Math.min(later(now, waitMs), row.deadline);
    request.put(uid, { ...row, next_look_at, reason, message, changed_at: isSame ? row.changed_at : now });
    return [];
  },

  wake_requests: ({ request, now }, values) => {
    const [namespaces, account] = values as [string[], boolean];
    const waits = request.where((row) => row.state === "pending" && row.next_look_at > now);
    for (const row of waits) {
      if (account || namespaces.includes(row.namespace)) request.put(row.uid, { ...row, next_look_at: now });
    }
    return [];
  },

  close_request: ({ request, now }, values) => {
    const [uid, state, reason, message] = values as [string, string, string, string];
    const row = request.get(uid);
    if (row?.state !== "pending") return [];
    request.put(uid, { ...row, state, reason, message, changed_at: now });
    return [{ uid }];
  },

  close_late_decisions: (tables) => {
    const waiting = tables.decision.where((row) => row.state === "pending" && row.request_name !== null);
    return waiting.flatMap((row) => {
      const request = requestNamed(tables, row.namespace, row.request_name);
      const because = lateBecause(tables, request);
      if (!request || because === null) return [];
      const answer = because === "ended" ? ENDED : notRotating(request);
      tables.decision.put(row.uid, { ...row, state: "refused", decided_at: tables.now, ...answer });
      return {
        namespace: row.namespace,
        name: row.name,
        requestName: row.request_name,
        action: textOf(row.spec, "action"),
        decidedBy: textOf(row.spec, "decidedBy"),
        reason: answer.reason,
      };
    });
  },
};

const ENDED = { reason: "RotationEnded", message: "The rotation has ended: nothing is left to decide." };

function notRotating({ state, reason }: RequestRow): typeof ENDED {
  return { reason: "NotRotating", message: `The request is ${state} (${reason}): there is nothing to decide.` };
}

function textOf(spec: Json, member: string): string | null {
  return (spec[member] as string | undefined) ?? null;
}

function pending(tables: Tables, row: RequestRow): object {
  const name = credentialOf(row.spec);
  const found = tables.object.find(
    (each) => each.kind === "Credential" && each.present && each.namespace === row.namespace && each.name === name,
  );
  return {
    uid: row.uid,
    namespace: row.namespace,
    name: row.name,
    spec: row.spec,
    deadline: instant(row.deadline),
    appearedAt: instant(row.appeared_at),
    trust: row.trust,
    origin: row.origin,
    now: instant(tables.now),
    credentialUid: found?.uid ?? null,
    credentialGeneration: found?.generation ?? null,
    credentialSpec: found?.spec ?? null,
    ...liveIn(tables, found),
    revocations: row.spec["flow"] === "Revocation" ? revocationsOf(tables, found) : null,
    ...knownOf(tables, found),
    accounts: jsonb(found ? accountsOf(tables, found.spec) : {}),
  };
}

function knownOf(tables: Tables, found: ObjectRow | undefined): object {
  if (!found) return { lastEndedAt: null, expiresAt: null };
  return { lastEndedAt: lastEnded(tables, found.uid), expiresAt: expiryOf(tables, found.uid) };
}

function expiryOf({ credential, attempt, rotation }: Tables, uid: string): string | null {
  const current = credential.get(uid)?.current_attempt;
  const minted = current ? attempt.get(current) : undefined;
  const facts = minted && rotation.get(minted.rotation)?.facts;
  return typeof facts?.["expiresAt"] === "string" ? facts["expiresAt"] : null;
}

function liveIn({ rotation }: Tables, found: ObjectRow | undefined): object {
  const live = found && rotation.find((each) => each.credential === found.uid && each.ended_at === null);
  return { live: live?.name ?? null, liveFlow: live?.flow ?? null };
}

const HOUR_MS = 3_600_000;

function revocationsOf({ rotation, now }: Tables, found: ObjectRow | undefined): object {
  const recent = rotation.where((row) => row.flow === "Revocation" && row.created_at > now - HOUR_MS);
  const account = found === undefined ? undefined : issuerAccount(found.spec);
  return {
    ofCredential: recent.filter(({ credential }) => credential === found?.uid).length,
    ofAccount: recent.filter(({ snapshot }) => issuerAccount(specIn(snapshot)) === account).length,
  };
}

function specIn(snapshot: Json): Json {
  return (snapshot["credential"] as { readonly spec: Json }).spec;
}

function issuerAccount(spec: Json): string {
  return (spec["issuer"] as { readonly account: string }).account;
}

/** Those that its blocks name, wherever they do. */
export function accountsOf({ object }: Tables, spec: Json): Record<string, object> {
  const names = new Set<unknown>();
  collect(spec, names);
  const found = object.where((row) => row.kind === "VendorAccount" && row.present && names.has(row.name));
  return Object.fromEntries(found.map(({ name, generation, spec: account }) => [name, { generation, spec: account }]));
}

function collect(value: unknown, names: Set<unknown>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === "account" && !Array.isArray(value)) names.add(member);
    collect(member, names);
  }
}
