import type { RotationRequestSpec } from "../../crds/kinds.gen.ts";
import { bootstrapLogins } from "../bootstrap.ts";
import { readConfig } from "../config.ts";
import type { AdmissionContext } from "../domain/candidate.ts";
import { later } from "../domain/duration.ts";
import type { Instant } from "../domain/world.ts";
import type { CredentialView, WaitingRequest } from "../ledger/credentials.ts";
import { installOf, listCredentials, waitingRequests } from "../ledger/credentials.ts";
import type { Db } from "../ledger/db.ts";
import { readNeighbours } from "../ledger/live-places.ts";
import { listRequests, listRotations, type RequestView } from "../ledger/views.ts";
import type { OpenLedger } from "../open.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { registryOf } from "./command.ts";
import { CommandFailure } from "./failure.ts";
import { namedBy } from "./names.ts";
import { printable } from "./output.ts";
import { type PlanItem, plannedItem, type PlanReport, runningItem, type Wanted } from "./plan-item.ts";
import { itemLines } from "./plan-text.ts";
import { present } from "./present.ts";
import { reasonNamed } from "./remedy.ts";

export interface PlanOptions {
  readonly namespace?: string;
  /** On a cluster: not only the context's. */
  readonly allNamespaces?: boolean;
  readonly output?: "json";
}

const WEEK_MS = 7 * 86_400_000;

/**
 * `velvet plan`: what would happen, with no effect on anything. 0 where nothing would change, 2 where something would, 1 where
 * something would be refused.
 */
export async function planCommand(
  context: CommandContext,
  text: string | undefined,
  options: PlanOptions,
  db: Db,
  ledger?: OpenLedger,
): Promise<ExitCode> {
  const admission = await admissionContext(context, db, ledger);
  const items =
    text === undefined ? await planAll(db, options, admission) : await planNamed(db, text, options, admission);
  return printPlan(context, items, options);
}

export function printPlan(
  { out }: CommandContext,
  items: readonly PlanItem[],
  { output }: PlanOptions,
  notRead?: readonly string[],
): ExitCode {
  if (output === "json") out.json({ items, ...present({ notRead }) } satisfies PlanReport);
  else if (items.length === 0) out.line("Nothing is requested, and nothing rotates: nothing would change.");
  else
    items
      .flatMap((item, index) => [...(index === 0 ? [] : [""]), ...itemLines(item, out.colours)])
      .forEach((line) => out.line(line));
  if (items.some(({ verdict }) => verdict === "refused")) return 1;
  return items.some(({ changes }) => changes) ? 2 : 0;
}

async function admissionContext(
  context: CommandContext,
  db: Db,
  ledger: OpenLedger | undefined,
): Promise<AdmissionContext> {
  const config = readConfig(context.env, context.machine);
  const [install, registry] = [await installOf(db), await registryOf(context)];
  return {
    // The ledger's own, as long as it has one: this shell may be set up for less than the controller is.
    environment: install?.environment ?? config.environment,
    rotationOn: config.rotation === "on",
    registry,
    neighbours: await readNeighbours(db, Object.keys(registry)),
    ...(ledger ? { bootstrap: bootstrapLogins(ledger) } : {}),
  };
}

/** Everything that is requested or rotates. */
async function planAll(db: Db, { namespace }: PlanOptions, admission: AdmissionContext): Promise<PlanItem[]> {
  const filter = namespace === undefined ? {} : { namespace };
  const [views, requests, credentials] = await Promise.all([
    listRotations(db, filter),
    waitingRequests(db, filter),
    listCredentials(db, filter),
  ]);
  const now = credentials[0]?.now ?? views[0]?.now ?? new Date(0).toISOString();
  return [
    ...views.map((view) => runningItem(view, admission.registry)),
    ...requests.map((request) => plannedItem(ofRequest(request, credentials), admission, now)),
  ];
}

/** A request by its name, else a Credential: its rotation, or what one would do if it were requested now. */
async function planNamed(db: Db, text: string, options: PlanOptions, admission: AdmissionContext): Promise<PlanItem[]> {
  const filter = namedBy(text, options.namespace);
  const place = filter.namespace === undefined ? {} : { namespace: filter.namespace };
  const [views, waiting, closed, credentials] = await Promise.all([
    listRotations(db, filter),
    waitingRequests(db, filter),
    listRequests(db, filter),
    listCredentials(db, place),
  ]);
  const now = credentials[0]?.now ?? views[0]?.now ?? new Date(0).toISOString();
  const requested = [
    ...views.map((view) => runningItem(view, admission.registry)),
    ...waiting.map((request) => plannedItem(ofRequest(request, credentials), admission, now)),
    ...closed.filter(({ state }) => state !== "pending").map(closedItem),
  ];
  if (requested.length > 0) return requested;
  const named = credentials.filter(({ name }) => name === filter.name);
  if (named.length === 0) throw unknown(text);
  return Promise.all(named.map(async (credential) => planCredential(db, credential, admission)));
}

async function planCredential(db: Db, credential: CredentialView, admission: AdmissionContext): Promise<PlanItem> {
  const { namespace, name, live, now } = credential;
  const [running] = live === null ? [] : await listRotations(db, { namespace, name: live });
  if (running) return runningItem(running, admission.registry);
  return plannedItem(
    { namespace, credential: name, ...asIfNow(name, now), found: foundIn(credential) },
    admission,
    now,
  );
}

/** A request as `velvet request rotate` would write it. */
export function asIfNow(credential: string, now: Instant): { spec: RotationRequestSpec; deadline: Instant } {
  const spec: RotationRequestSpec = {
    credentialRef: { name: credential },
    flow: "Operational",
    reason: "plan",
    requestedBy: "plan",
  };
  return { spec, deadline: later(now, WEEK_MS) };
}

function ofRequest(
  { namespace, name, spec, deadline }: WaitingRequest,
  credentials: readonly CredentialView[],
): Wanted {
  const credential = spec.credentialRef.name;
  const found = credentials.find((each) => each.namespace === namespace && each.name === credential);
  return { namespace, credential, request: name, spec, deadline, found: found && foundIn(found) };
}

function foundIn({
  uid,
  generation,
  spec,
  accounts,
  live,
  currentId,
  retired,
  mintsToday,
}: CredentialView): Wanted["found"] {
  return {
    uid,
    generation,
    spec,
    accounts,
    live: live ?? undefined,
    currentId: currentId ?? undefined,
    retired,
    mintsToday,
  };
}

/** A request that was refused, has expired or was never meant to be executed stays so. */
export function closedItem({ namespace, name, credential, flow, state, reason, message }: RequestView): PlanItem {
  const remedy = reasonNamed(reason)?.remedy;
  const verdict = state === "baseline" ? "ended" : "refused";
  const why = { reason, message, ...(remedy === undefined ? {} : { remedy }) };
  return { namespace, credential, request: name, flow, expect: "Alive", verdict, ...why, changes: false };
}

function unknown(text: string): CommandFailure {
  return new CommandFailure({
    happened: `The ledger knows no request and no Credential ${printable(text)}.`,
    stillFine: "Nothing was changed.",
    next: "What was just merged appears after the next sync of its source; plan it from its files with --file.",
  });
}
