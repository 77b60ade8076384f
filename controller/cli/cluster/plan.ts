/** `velvet plan` on a cluster: from the objects that this person may read, by the engine's own rules. */
import type { AdmissionContext } from "../../domain/candidate.ts";
import type { Instant, Snapshot } from "../../domain/world.ts";
import { type CommandContext, type ExitCode, type Registry, registryOf } from "../command.ts";
import { namedBy } from "../names.ts";
import { asIfNow, closedItem, type PlanOptions, printPlan } from "../plan.ts";
import { type PlanItem, plannedItem, type Wanted } from "../plan-item.ts";
import { CommandFailure, misuse } from "../failure.ts";
import { printable } from "../output.ts";
import { present } from "../present.ts";
import { remedyOf } from "../remedy.ts";
import { assumedAccounts } from "./assumed.ts";
import { type OpenCluster, withCluster } from "./open.ts";
import { runningOnCluster } from "./plan-running.ts";
import {
  type AccountObject,
  accountsIfAllowed,
  type CredentialObject,
  CREDENTIALS,
  list,
  type ListQuery,
  REQUESTS,
  type RequestObject,
} from "./resources.ts";
import { conditionIn, deadlineOf, shownOf } from "./rotation.ts";
import { accountsIn, retiredRows } from "./subject.ts";

/** What was read, and for what it is planned. */
interface Around {
  readonly credentials: readonly CredentialObject[];
  /** Undefined where this person may not list them. */
  readonly accounts: readonly AccountObject[] | undefined;
  readonly registry: Registry;
  readonly now: Instant;
}

const UNKNOWN_THERE =
  "Not shown in a cluster: whether the controller rotates at all (VELVET_ROTATION), how often it minted today, and what is live at a vendor.";
const ACCOUNTS_FORBIDDEN =
  "You may not list VendorAccounts. Each is taken to be there, of the adapter that the Credential's block is for, to allow this Credential, to want no second person, and to have the endpoints that checks name.";

export async function planClusterCommand(
  context: CommandContext,
  text: string | undefined,
  options: PlanOptions,
): Promise<ExitCode> {
  if (options.allNamespaces === true && (options.namespace !== undefined || text?.includes("/") === true)) {
    throw misuse("--all-namespaces and one namespace cannot both be meant.", "Leave one of them out.");
  }
  return withCluster(context, context.cluster ?? {}, async (cluster) => {
    const filter = text === undefined ? undefined : namedBy(text, options.namespace);
    const namespace = filter?.namespace ?? options.namespace ?? cluster.namespace;
    const query = options.allNamespaces === true ? {} : { namespace };
    const { requests, ...around } = await readAll(cluster, context, query);
    const items = filter ? named(filter.name, requests, around) : everything(requests, around);
    const notRead = [...(around.accounts === undefined ? [ACCOUNTS_FORBIDDEN] : []), UNKNOWN_THERE];
    if (options.output !== "json") notRead.forEach((line) => context.out.note(line));
    return printPlan(context, items, options, notRead);
  });
}

async function readAll(
  cluster: OpenCluster,
  context: CommandContext,
  query: ListQuery,
): Promise<Around & { readonly requests: readonly RequestObject[] }> {
  const [requests, credentials, accounts, registry] = await Promise.all([
    list(cluster, REQUESTS, query),
    list(cluster, CREDENTIALS, query),
    accountsIfAllowed(cluster),
    registryOf(context),
  ]);
  return {
    requests: requests.objects as readonly RequestObject[],
    credentials: credentials.objects as readonly CredentialObject[],
    accounts,
    registry,
    now: context.clock.now().toISOString(),
  };
}

/** Everything that is requested or rotates. */
function everything(requests: readonly RequestObject[], around: Around): PlanItem[] {
  return requests.filter((request) => isOpen(request, around.now)).map((request) => itemOf(request, around));
}

function isOpen(object: RequestObject, now: Instant): boolean {
  const shown = shownOf(object, now);
  return "rotation" in shown ? shown.rotation.endedAt === undefined : shown.request.state === "pending";
}

/** A request by its name, else a Credential: its rotation, or what one would do if it were requested now. */
function named(name: string, requests: readonly RequestObject[], around: Around): PlanItem[] {
  const asked = requests.filter(({ metadata }) => metadata.name === name);
  if (asked.length > 0) return asked.map((request) => itemOf(request, around));
  const credentials = around.credentials.filter(({ metadata }) => metadata.name === name);
  if (credentials.length === 0) throw unknown(name);
  return credentials.map((credential) => {
    const live = credential.status?.activeRotation?.request;
    const place = credential.metadata.namespace;
    const running = requests.find(({ metadata }) => metadata.name === live && metadata.namespace === place);
    return running ? itemOf(running, around) : asIfRequested(credential, around);
  });
}

function unknown(name: string): CommandFailure {
  return new CommandFailure({
    happened: `The cluster has no RotationRequest and no Credential ${printable(name)} there.`,
    stillFine: "Nothing was changed.",
    next: "Name another namespace with -n; plan what is not applied yet from its files with --file.",
  });
}

function itemOf(request: RequestObject, around: Around): PlanItem {
  const shown = shownOf(request, around.now);
  const credential = credentialOf(request, around);
  if ("rotation" in shown) return runningOnCluster(request, credential, accountsFor(credential, around), around);
  if (shown.request.state !== "pending") return closedItem(shown.request);
  const { namespace = "", name } = request.metadata;
  const wanted: Wanted = {
    namespace,
    credential: request.spec.credentialRef.name,
    request: name,
    spec: request.spec,
    deadline: deadlineOf(request),
    found: credential && foundIn(credential, around),
  };
  return asTold(plannedOf(wanted, credential, around), request);
}

function asIfRequested(credential: CredentialObject, around: Around): PlanItem {
  const { namespace = "", name } = credential.metadata;
  const wanted = { namespace, credential: name, ...asIfNow(name, around.now), found: foundIn(credential, around) };
  return plannedOf(wanted, credential, around);
}

/** A Credential that the controller has not taken is none to it. */
function plannedOf(wanted: Wanted, credential: CredentialObject | undefined, { registry, now }: Around): PlanItem {
  const environment = credential?.spec.environment ?? "";
  const admission: AdmissionContext = { environment, rotationOn: true, registry };
  const item = plannedItem(wanted, admission, now);
  const accepted = credential?.status?.conditions?.find(({ type }) => type === "Accepted");
  if (accepted?.status !== "False") return item;
  const { steps: _, beginsAt: __, ...rest } = item;
  return { ...rest, verdict: "refused", ...why(accepted), changes: false };
}

/** The controller knows more than is shown: what it says that a request waits for holds. */
function asTold(item: PlanItem, request: RequestObject): PlanItem {
  const waits = conditionIn(request, "Reconciling");
  if (item.verdict !== "begins" || waits === undefined || waits.reason === "Pending") return item;
  const { beginsAt: _, ...rest } = item;
  return { ...rest, verdict: "waits", ...why(waits), changes: false };
}

function why({ reason, message }: { readonly reason: string; readonly message: string }) {
  return { reason, message, ...present({ remedy: remedyOf(reason) }) };
}

function credentialOf({ metadata, spec }: RequestObject, { credentials }: Around): CredentialObject | undefined {
  const name = spec.credentialRef.name;
  return credentials.find((each) => each.metadata.namespace === metadata.namespace && each.metadata.name === name);
}

function foundIn(credential: CredentialObject, around: Around): Wanted["found"] {
  const { metadata, spec, status = {} } = credential;
  return {
    uid: metadata.uid,
    generation: metadata.generation ?? 1,
    spec,
    accounts: accountsFor(credential, around),
    live: status.activeRotation?.request,
    currentId: status.currentId,
    retired: retiredRows(credential, undefined, ""),
    mintsToday: 0,
  };
}

function accountsFor(credential: CredentialObject | undefined, { accounts }: Around): Snapshot["accounts"] {
  if (accounts === undefined) return credential === undefined ? {} : assumedAccounts(credential.spec);
  return accountsIn(accounts);
}
