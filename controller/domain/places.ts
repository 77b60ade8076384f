/** May this credential use these accounts for these targets, and can these adapters do what is asked of them? Pure. */
import type { Adapter, IssuerTraits, SinkTraits } from "../../adapters/contract.ts";
import type { ConsumerSpec, CredentialSpec } from "../../crds/kinds.gen.ts";
import type { AdmissionContext, Candidate, No } from "./candidate.ts";
import { later, refuse } from "./candidate.ts";
import { isAllowed, type User } from "./allow.ts";
import { endsOldAtMint } from "./plan-mint.ts";

export function refuseIssuer(candidate: Candidate, spec: CredentialSpec, context: AdmissionContext): No | undefined {
  const no = refusePlace(candidate, context, "issuer", "the issuer", spec.issuer);
  if (no) return no;
  const traits = traitsOf(candidate, context, spec);
  if (!traits) return refuse("RoleUnsupported", "The issuer's adapter does not say what it issues.");
  const wrong = refuseStrategy(spec, traits);
  if (wrong) return wrong;
  const unknown = spec.consumers.flatMap((consumer) => consumer.keys).find((key) => !traits.fields.includes(key.field));
  if (!unknown) return undefined;
  return refuse(
    "FieldUnknown",
    `This issuer's values have no field ${unknown.field}. They have: ${traits.fields.join(", ")}.`,
  );
}

export function refuseEnvironment(spec: CredentialSpec, { environment }: AdmissionContext): No | undefined {
  if (spec.environment === environment) return undefined;
  return refuse("WrongEnvironment", `The credential is of ${spec.environment}, and this controller of ${environment}.`);
}

/** Only that it may be asked at all: how it would be rotated is no matter to who ends it. */
export function refuseIssuerPlace(
  candidate: Candidate,
  spec: CredentialSpec,
  context: AdmissionContext,
): No | undefined {
  const no = refusePlace(candidate, context, "issuer", "the issuer", spec.issuer);
  if (no) return no;
  if (traitsOf(candidate, context, spec)) return undefined;
  return refuse("RoleUnsupported", "The issuer's adapter does not say what it issues.");
}

/** Why this consumer cannot even be opened. */
export function refuseConsumer(
  candidate: Candidate,
  consumer: ConsumerSpec,
  context: AdmissionContext,
): No | undefined {
  return (
    refusePlace(candidate, context, "sink", `consumer ${consumer.id}`, consumer) ??
    refuseRestart(candidate, context, consumer) ??
    refuseCheck(candidate, context, consumer)
  );
}

export function refuseCustody(candidate: Candidate, spec: CredentialSpec, context: AdmissionContext): No | undefined {
  return spec.custody && refusePlace(candidate, context, "sink", "custody", spec.custody);
}

/** What kills the old credential before there is a new one is never done without the team's word that it may be. */
function refuseStrategy({ rotation, consumers }: CredentialSpec, traits: IssuerTraits): No | undefined {
  const replaces = rotation?.strategy === "Replace";
  if (replaces && rotation.acceptsDowntime !== true) {
    return refuse(
      "DowntimeNotAccepted",
      "The strategy Replace interrupts the consumers: it needs acceptsDowntime: true.",
    );
  }
  if (endsOldAtMint(traits) && !replaces) {
    return refuse(
      "OldDiesAtMint",
      "This vendor ends the old credential as it makes the new one: it needs the strategy Replace with acceptsDowntime: true.",
    );
  }
  if (traits.authority !== "acceptors") return undefined;
  const off = consumers.find(({ role, active }) => accepts(role) && active === false);
  if (off) {
    return refuse(
      "AcceptorInactive",
      `The acceptor ${off.id} is switched off, so that it would go on accepting the old value alone. Switch it on, or remove it.`,
    );
  }
  if (replaces) return undefined;
  const single = consumers.find(({ role, keys }) => accepts(role) && keys.some((key) => key.previousKey === undefined));
  if (!single) return refuseBoth(consumers);
  return refuse(
    "SecondSlotMissing",
    `The acceptor ${single.id} has no previousKey, so that callers are refused between the writes. Give it a second slot, or use Replace with acceptsDowntime: true.`,
  );
}

function accepts(role: ConsumerSpec["role"]): boolean {
  return role === "acceptor" || role === "both";
}

/** It would send the new value before the others accept it. */
function refuseBoth(consumers: readonly ConsumerSpec[]): No | undefined {
  const both = consumers.find(({ role }) => role === "both");
  if (!both || consumers.length === 1) return undefined;
  return refuse(
    "BothInOne",
    `${both.id} accepts and sends under one name. List it twice, as acceptor and as caller, each with its own key; or use Replace with acceptsDowntime: true.`,
  );
}

function traitsOf(candidate: Candidate, context: AdmissionContext, spec: CredentialSpec): IssuerTraits | undefined {
  const adapter = adapterOf(candidate, context, spec.issuer.account);
  return adapter?.issuerTraits?.(spec.issuer[adapter.name] ?? {});
}

export function refusePlaces(candidate: Candidate, spec: CredentialSpec, context: AdmissionContext): No | undefined {
  if (spec.custody) {
    const no = refusePlace(candidate, context, "sink", "custody", spec.custody);
    if (no) return no;
  }
  const breaks = traitsOf(candidate, context, spec)?.breaksWhenMixed ?? true;
  for (const consumer of spec.consumers) {
    const no =
      refusePlace(candidate, context, "sink", `consumer ${consumer.id}`, consumer) ??
      refuseRestart(candidate, context, consumer) ??
      refuseTearing(candidate, context, consumer, breaks) ??
      refuseCheck(candidate, context, consumer);
    if (no) return no;
  }
  return refuseReadFrom(candidate, spec, context);
}

function refusePlace(
  candidate: Candidate,
  context: AdmissionContext,
  role: "issuer" | "sink",
  what: string,
  block: { readonly account: string; readonly [adapter: string]: unknown },
): No | undefined {
  const account = candidate.accounts[block.account];
  if (!account)
    return later("AccountNotFound", `${begun(what)} names the VendorAccount ${block.account}, which is not there yet.`);
  const adapter = adapterOf(candidate, context, block.account);
  if (!adapter)
    return refuse(
      "AdapterUnknown",
      `The account ${block.account} is of ${account.spec.adapter}, which this version does not have.`,
    );
  if (!adapter.roles.includes(role))
    return refuse("RoleUnsupported", `${adapter.name} cannot be ${what}: it is no ${role}.`);
  const config = block[adapter.name];
  if (config === undefined)
    return refuse(
      "BlockMissing",
      `${begun(what)} needs a block ${adapter.name}, as its account ${block.account} is of that adapter.`,
    );
  return refuseTargets(candidate, block.account, adapter.targets(role, config), what);
}

function refuseTargets(
  candidate: Candidate,
  account: string,
  targets: Readonly<Record<string, string>>,
  what: string,
): No | undefined {
  const spec = candidate.accounts[account]?.spec;
  if (spec && isAllowed(spec, userOf(candidate), targets)) return undefined;
  const told = Object.entries(targets)
    .map(([field, value]) => `${field} ${value}`)
    .join(", ");
  return refuse(
    "NotAllowed",
    `The account ${account} does not allow ${candidate.request.namespace}/${candidate.request.spec.credentialRef.name} to use ${told || "it"} for ${what}. The platform team decides that in its allow[].`,
  );
}

/** What is restarted is allowed thing by thing, like what is written. */
function refuseRestart(candidate: Candidate, context: AdmissionContext, consumer: ConsumerSpec): No | undefined {
  if (consumer.restart === undefined) return undefined;
  const adapter = adapterOf(candidate, context, consumer.account);
  if (!adapter?.restartTargets) {
    return refuse(
      "RoleUnsupported",
      `Consumer ${consumer.id} has a restart, and ${adapter?.name ?? "its adapter"} restarts nothing.`,
    );
  }
  for (const targets of adapter.restartTargets(consumer[adapter.name] ?? {}, consumer.restart)) {
    const no = refuseTargets(candidate, consumer.account, targets, `the restart of consumer ${consumer.id}`);
    if (no) return no;
  }
  return undefined;
}

function userOf({ request }: Candidate): User {
  return { namespace: request.namespace, credential: request.spec.credentialRef.name };
}

/** At the start of a sentence. */
function begun(what: string): string {
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
}

function refuseTearing(
  candidate: Candidate,
  context: AdmissionContext,
  consumer: ConsumerSpec,
  breaks: boolean,
): No | undefined {
  if (!breaks || consumer.keys.length < 2 || consumer.acceptsTearing === true) return undefined;
  if (sinkTraits(candidate, context, consumer)?.atomic === true) return undefined;
  return refuse(
    "Tearing",
    `Consumer ${consumer.id} takes several fields, and its sink cannot change them at once. Set acceptsTearing where a mix is harmless.`,
  );
}

function refuseCheck(candidate: Candidate, context: AdmissionContext, consumer: ConsumerSpec): No | undefined {
  const { check } = consumer;
  if (check?.type !== "http") return undefined;
  const { account: name = "", endpoint = "" } = check;
  const account = candidate.accounts[name];
  if (!account)
    return later(
      "AccountNotFound",
      `The check of ${consumer.id} names the VendorAccount ${name}, which is not there yet.`,
    );
  if (!canCheck(candidate, context, name)) {
    return refuse("RoleUnsupported", `The check of ${consumer.id} names ${name}, whose adapter cannot check.`);
  }
  if (!isAllowed(account.spec, userOf(candidate), { endpoint })) {
    return refuse("NotAllowed", `The account ${name} does not allow ${consumer.id} to use the endpoint ${endpoint}.`);
  }
  if (account.spec.endpoints?.some((each) => each.name === endpoint)) return undefined;
  return refuse("EndpointUnknown", `The account ${name} has no endpoint ${endpoint}.`);
}

function canCheck(candidate: Candidate, context: AdmissionContext, account: string): boolean {
  return adapterOf(candidate, context, account)?.roles.includes("check") ?? false;
}

function refuseReadFrom(candidate: Candidate, spec: CredentialSpec, context: AdmissionContext): No | undefined {
  if (spec.readFrom === undefined) return undefined;
  const consumer = spec.consumers.find((each) => each.id === spec.readFrom);
  if (!consumer) return refuse("ReadFromUnknown", `readFrom names ${spec.readFrom}, which is no consumer.`);
  if (sinkTraits(candidate, context, consumer)?.grade === "value") return undefined;
  return refuse("CannotBeRead", `readFrom names ${spec.readFrom}, whose sink does not show values.`);
}

function sinkTraits(candidate: Candidate, context: AdmissionContext, consumer: ConsumerSpec): SinkTraits | undefined {
  const adapter = adapterOf(candidate, context, consumer.account);
  return adapter?.sinkTraits?.(consumer[adapter.name] ?? {});
}

function adapterOf(candidate: Candidate, context: AdmissionContext, account: string): Adapter | undefined {
  const name = candidate.accounts[account]?.spec.adapter;
  return name === undefined || !Object.hasOwn(context.registry, name) ? undefined : context.registry[name];
}
